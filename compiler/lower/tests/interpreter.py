"""Runs the text form of a DPB module on CPython 3.14: the oracle for lowering.

    dis --text program.py > program.dpb.txt
    python3.14 interpreter.py program.dpb.txt

What the program prints must be what CPython prints for its source. Every opcode is defined here by the Python operation that it stands for.
Tracebacks are not modelled.
"""

import ast
import builtins
import operator
import re
import sys
import types
import typing
import collections.abc


TRACE = "DPB_TRACE" in __import__("os").environ


class Missing:
    def __repr__(self):
        return "<missing>"


MISSING = Missing()


class State:
    handled = None


# ---- reading ----

def unquote(text):
    """The bytes of a literal at the start of text, and the rest."""
    out = bytearray()
    i = 1
    while text[i] != '"':
        if text[i] == "\\":
            if text[i + 1] == "x":
                out.append(int(text[i + 2:i + 4], 16))
                i += 4
            else:
                out += text[i + 1].encode()
                i += 2
        else:
            out += text[i].encode("utf-8")
            i += 1
    return bytes(out), text[i + 1:].strip()


def from_bits(word):
    import struct
    return struct.unpack("<d", struct.pack("<Q", int(word, 16)))[0]


class Module:
    def __init__(self, text):
        self.names, self.constants, self.functions = [], [], []
        for line in text.split("\n"):
            line = line.strip()
            if not line:
                continue
            word, _, rest = line.partition(" ")
            if word == "module":
                name, rest = unquote(rest)
                self.name = name.decode()
            elif word in ("source", "import"):
                pass
            elif re.fullmatch(r"n\d+", word):
                self.names.append(unquote(rest)[0].decode())
            elif re.fullmatch(r"c\d+", word):
                self.constants.append(self.constant(rest))
            elif re.fullmatch(r"f\d+", word):
                self.functions.append(Function(self, rest))
            elif re.fullmatch(r"b\d+", word):
                handler = rest.rstrip(":")
                self.functions[-1].blocks.append((None if handler == "_" else int(handler[1:]), []))
            else:
                self.functions[-1].blocks[-1][1].append(self.inst(word, rest))

    def constant(self, text):
        kind, _, rest = text.partition(" ")
        if kind in ("none", "true", "false", "ellipsis"):
            return {"none": None, "true": True, "false": False, "ellipsis": ...}[kind]
        if kind == "int":
            return int(rest)
        if kind == "bigint":
            return int.from_bytes(unquote(rest)[0], "little", signed=True)
        if kind == "float":
            return from_bits(rest.split()[0])
        if kind == "complex":
            words = rest.split()
            return complex(from_bits(words[0]), from_bits(words[1]))
        if kind == "str":
            return unquote(rest)[0].decode("utf-8", "surrogatepass")
        if kind == "bytes":
            return unquote(rest)[0]
        items = [self.constants[int(word[1:])] for word in rest.strip("[]").split()]
        return tuple(items) if kind == "tuple" else frozenset(items)

    def inst(self, opcode, rest):
        operands = {}
        for name, value in re.findall(r"(\w+)=(\[[^\]]*\]|[^ ]+)", rest.rsplit("@", 1)[0]):
            operands[name] = self.operand(value)
        return opcode, operands, rest

    def operand(self, value):
        if value.startswith("["):
            return [int(word[1:]) for word in value[1:-1].split()]
        if value == "_":
            return None
        if value[0] == "n":
            return self.names[int(value[1:])]
        if value[0] == "c":
            return Const(self.constants[int(value[1:])])
        if value[0] in "rbf":
            return int(value[1:])
        return int(value)


class Const:
    def __init__(self, value):
        self.value = value


class Function:
    def __init__(self, module, text):
        fields = dict(re.findall(r"(\w+)=(\[[^\]]*\]|[^ ]+)", text))
        self.module = module
        name = lambda word: module.names[int(word[1:])]
        names = lambda words: [name(word) for word in words.strip("[]").split()]
        self.name, self.qualname = name(fields["name"]), name(fields["qualname"])
        self.flags = int(fields["flags"], 16)
        self.n_posonly, self.n_args, self.n_kwonly = int(fields["posonly"]), int(fields["args"]), int(fields["kwonly"])
        self.n_registers = int(fields["registers"])
        self.line = int(fields["line"])
        self.doc = None if fields["doc"] == "_" else module.constants[int(fields["doc"][1:])]
        self.varnames, self.freevars = names(fields["vars"]), names(fields["free"])
        self.blocks = []


# ---- functions ----

GENERATOR, COROUTINE, ASYNC_GENERATOR, VARARGS, VARKEYWORDS = 1, 2, 4, 128, 256


def make_stub(function):
    """Source of a Python function with the signature of a DPB function."""
    params, values = [], []
    n_all = function.n_args + function.n_kwonly
    rename = lambda i: f"p{i}" if not function.varnames[i].isidentifier() else function.varnames[i]
    for i in range(function.n_args):
        params.append(rename(i))
        if i + 1 == function.n_posonly:
            params.append("/")
    values = [rename(i) for i in range(n_all)]
    at = n_all
    if function.flags & VARARGS:
        params.append("*" + rename(at))
        values.append(rename(at))
        at += 1
    elif function.n_kwonly:
        params.append("*")
    params += [rename(i) for i in range(function.n_args, n_all)]
    if function.flags & VARKEYWORDS:
        params.append("**" + rename(at))
        values.append(rename(at))
    name = function.name if function.name.isidentifier() else "stub"
    args = ", ".join(values)
    if function.flags & GENERATOR:
        body = f"return (yield from __generate__(__self__, [{args}]))"
    elif function.flags & COROUTINE:
        body = f"return await __coroutine__(__self__, [{args}])"
    elif function.flags & ASYNC_GENERATOR:
        body = f"""
    __g__ = __generate__(__self__, [{args}])
    __sent__, __error__ = None, None
    while True:
        try:
            if __error__ is not None:
                __item__ = __g__.throw(__error__)
            else:
                __item__ = __g__.send(__sent__)
        except StopIteration:
            return
        __sent__ = __error__ = None
        try:
            if isinstance(__item__, __Wrapped__):
                __sent__ = yield __item__.value
            else:
                __sent__ = await __pass__(__item__)
        except BaseException as __e__:
            __error__ = __e__"""
    else:
        body = f"return __run__(__self__, [{args}])"
    prefix = "async " if function.flags & (COROUTINE | ASYNC_GENERATOR) else ""
    return f"{prefix}def {name}({', '.join(params)}):\n    {body.strip() if not body.startswith(chr(10)) else body.lstrip(chr(10)).strip()}"


class Wrapped:
    def __init__(self, value):
        self.value = value


@types.coroutine
def pass_on(item):
    return (yield item)


class Body:
    """What a stub runs: a DPB function with closure and globals."""

    def __init__(self, function, closure, globals):
        self.function, self.closure, self.globals = function, closure, globals


def make_function(function, closure, globals):
    body = Body(function, closure, globals)
    source = make_stub(function)
    if function.name.startswith("__") and not function.name.endswith("__"):
        pass
    scope = {"__self__": body, "__run__": run, "__generate__": generate, "__coroutine__": coroutine, "__Wrapped__": Wrapped, "__pass__": pass_on}
    exec(compile(source, "<stub>", "exec"), scope)
    made = scope[function.name if function.name.isidentifier() else "stub"]
    code = made.__code__.replace(co_name=function.name, co_qualname=function.qualname, co_firstlineno=function.line)
    # The stub's names are looked up in its own globals; the program's globals must be what the program sees.
    scope_globals = StubGlobals(globals)
    scope_globals.update(scope)
    result = types.FunctionType(code, scope_globals, function.name)
    result.__qualname__ = function.qualname
    result.__doc__ = function.doc
    result.__module__ = globals.get("__name__")
    result.__dpb__ = body
    del result.__dict__["__dpb__"]
    BODIES[id(result)] = (result, body)
    return result


BODIES = {}


class StubGlobals(dict):
    def __init__(self, globals):
        pass


class Frame:
    def __init__(self, body, args):
        function = body.function
        self.function, self.body, self.globals = function, body, body.globals
        self.regs = list(args) + [MISSING] * (function.n_registers - len(args))
        self.block, self.pc = 0, 0
        self.error = None
        self.depth = 0
        self.resume = None


def run(body, args):
    kind, value = execute(Frame(body, args))
    assert kind == "return", kind
    return value


def generate(body, args):
    frame = Frame(body, args)
    while True:
        outer = State.handled
        if frame.depth:
            State.handled = frame.handled
        try:
            kind, value = execute(frame)
        finally:
            if frame.depth:
                frame.handled = State.handled
            State.handled = outer
        if kind == "return":
            return value
        error = None
        try:
            sent = yield value
        except BaseException as e:
            error = e
        resume = frame.resume
        if resume[0] == "yield":
            if error is None:
                frame.regs[resume[1]] = sent
            else:
                frame.error = error
        else:
            _, dst, resumed, thrown = resume
            frame.regs[dst] = sent if error is None else error
            frame.block, frame.pc = (resumed if error is None else thrown), 0


coroutine = types.coroutine(generate)


def is_generator_return(error, function):
    return isinstance(error, StopIteration) and function.flags & (GENERATOR | COROUTINE | ASYNC_GENERATOR)


def execute(frame):
    function = frame.function
    blocks = function.blocks
    while True:
        handler, insts = blocks[frame.block]
        error = frame.error
        frame.error = None
        if error is None:
            try:
                result = execute_block(frame, insts)
            except BaseException as e:
                error = e
                if TRACE:
                    print("dpb:", repr(e), "at", insts[frame.pc - 1][0], insts[frame.pc - 1][2].rpartition("@")[2], file=sys.stderr)
            else:
                if result is not None:
                    return result
                continue
        if error.__context__ is None and State.handled is not None and State.handled is not error:
            seen = State.handled
            while seen is not None and seen is not error:
                seen = seen.__context__
            if seen is None:
                error.__context__ = State.handled
        if handler is None:
            if is_generator_return(error, function):
                raise RuntimeError("generator raised StopIteration") from error
            raise error
        frame.block, frame.pc = handler, 0
        frame.pending = error


def execute_block(frame, insts):
    while True:
        opcode, o, text = insts[frame.pc]
        frame.pc += 1
        try:
            result = OPS[opcode](frame, frame.regs, o)
        except KeyError as e:
            if opcode not in OPS:
                raise SystemExit(f"no opcode {opcode}")
            raise
        if result is None:
            continue
        if isinstance(result, int):
            frame.block, frame.pc = result, 0
            return None
        return result


# ---- opcodes ----

OPS = {}


def op(function):
    OPS[function.__name__] = function
    return function


def get(regs, reg):
    value = regs[reg]
    assert value is not MISSING, f"reads unbound r{reg}"
    return value


def gets(regs, list):
    return [get(regs, reg) for reg in list]


@op
def Move(f, r, o): r[o["dst"]] = get(r, o["src"])
@op
def LoadConst(f, r, o): r[o["dst"]] = o["value"].value
@op
def Clear(f, r, o): r[o["dst"]] = MISSING
@op
def CheckBound(f, r, o):
    if r[o["src"]] is MISSING:
        raise UnboundLocalError(f"cannot access local variable '{o['name']}' where it is not associated with a value")


def load_global(f, name):
    if name in f.globals:
        return f.globals[name]
    if hasattr(builtins, name):
        return getattr(builtins, name)
    raise NameError(f"name '{name}' is not defined", name=name)


@op
def LoadGlobal(f, r, o): r[o["dst"]] = load_global(f, o["name"])
@op
def StoreGlobal(f, r, o): f.globals[o["name"]] = get(r, o["src"])
@op
def DeleteGlobal(f, r, o):
    if o["name"] not in f.globals:
        raise NameError(f"name '{o['name']}' is not defined")
    del f.globals[o["name"]]
@op
def LoadName(f, r, o):
    try:
        r[o["dst"]] = get(r, o["namespace"])[o["name"]]
    except KeyError:
        r[o["dst"]] = load_global(f, o["name"])
@op
def StoreName(f, r, o): get(r, o["namespace"])[o["name"]] = get(r, o["src"])
@op
def DeleteName(f, r, o):
    try:
        del get(r, o["namespace"])[o["name"]]
    except KeyError:
        raise NameError(f"name '{o['name']}' is not defined") from None
@op
def MakeCell(f, r, o):
    value = r[o["value"]]
    r[o["dst"]] = types.CellType() if value is MISSING else types.CellType(value)
@op
def MakeEmptyCell(f, r, o): r[o["dst"]] = types.CellType()
@op
def LoadClosure(f, r, o): r[o["dst"]] = f.body.closure[o["index"]]


def unbound(name, is_free):
    if is_free:
        return NameError(f"cannot access free variable '{name}' where it is not associated with a value in enclosing scope", name=name)
    return UnboundLocalError(f"cannot access local variable '{name}' where it is not associated with a value")


def cell_get(cell, default=MISSING):
    try:
        return cell.cell_contents
    except ValueError:
        return default


@op
def LoadCell(f, r, o):
    value = cell_get(get(r, o["cell"]))
    if value is MISSING:
        raise unbound(o["name"], o["is_free"])
    r[o["dst"]] = value
@op
def ReadCell(f, r, o): r[o["dst"]] = cell_get(get(r, o["cell"]))
@op
def StoreCell(f, r, o): get(r, o["cell"]).cell_contents = get(r, o["src"])
@op
def DeleteCell(f, r, o):
    cell = get(r, o["cell"])
    if cell_get(cell) is MISSING:
        raise unbound(o["name"], o["is_free"])
    del cell.cell_contents
@op
def ClearCell(f, r, o):
    cell = get(r, o["cell"])
    if cell_get(cell) is not MISSING:
        del cell.cell_contents
@op
def LoadNameOrCell(f, r, o):
    try:
        r[o["dst"]] = get(r, o["namespace"])[o["name"]]
    except KeyError:
        LoadCell(f, r, {**o, "is_free": 1})
@op
def LoadAttr(f, r, o): r[o["dst"]] = getattr(get(r, o["object"]), o["name"])
@op
def StoreAttr(f, r, o): setattr(get(r, o["object"]), o["name"], get(r, o["src"]))
@op
def DeleteAttr(f, r, o): delattr(get(r, o["object"]), o["name"])


def super_attr(callee, owner, receiver, name, explicit):
    if callee is super or explicit:
        return getattr(callee(owner, receiver), name)
    return getattr(callee(), name)


@op
def LoadSuperAttr(f, r, o):
    r[o["dst"]] = super_attr(get(r, o["callee"]), get(r, o["owner"]), get(r, o["receiver"]), o["name"], o["explicit"])
@op
def LoadItem(f, r, o): r[o["dst"]] = get(r, o["object"])[get(r, o["index"])]
@op
def StoreItem(f, r, o): get(r, o["object"])[get(r, o["index"])] = get(r, o["src"])
@op
def DeleteItem(f, r, o): del get(r, o["object"])[get(r, o["index"])]
@op
def LoadSlice(f, r, o): r[o["dst"]] = get(r, o["object"])[get(r, o["start"]):get(r, o["stop"])]
@op
def StoreSlice(f, r, o): get(r, o["object"])[get(r, o["start"]):get(r, o["stop"])] = get(r, o["src"])
@op
def Import(f, r, o):
    r[o["dst"]] = builtins.__import__(o["name"], f.globals, None, o["fromlist"].value, o["level"])
@op
def ImportFrom(f, r, o):
    module, name = get(r, o["module"]), o["name"]
    try:
        r[o["dst"]] = getattr(module, name)
    except AttributeError:
        full = f"{module.__name__}.{name}"
        if full not in sys.modules:
            raise ImportError(f"cannot import name '{name}' from '{module.__name__}' ({getattr(module, '__file__', 'unknown location')})", name=module.__name__)
        r[o["dst"]] = sys.modules[full]
@op
def ImportStar(f, r, o):
    module = get(r, o["module"])
    target = f.globals if o["namespace"] is None else get(r, o["namespace"])
    names = getattr(module, "__all__", None)
    for name in names if names is not None else [name for name in vars(module) if not name.startswith("_")]:
        target[name] = getattr(module, name)
@op
def LoadCommon(f, r, o): r[o["dst"]] = (AssertionError, NotImplementedError)[o["which"]]


for _name, _function in {
    "Add": operator.add, "Sub": operator.sub, "Mul": operator.mul, "MatMul": operator.matmul, "Div": operator.truediv,
    "FloorDiv": operator.floordiv, "Mod": operator.mod, "Pow": operator.pow, "Shl": operator.lshift, "Shr": operator.rshift,
    "And": operator.and_, "Or": operator.or_, "Xor": operator.xor, "InplaceAdd": operator.iadd, "InplaceSub": operator.isub,
    "InplaceMul": operator.imul, "InplaceMatMul": operator.imatmul, "InplaceDiv": operator.itruediv, "InplaceFloorDiv": operator.ifloordiv,
    "InplaceMod": operator.imod, "InplacePow": operator.ipow, "InplaceShl": operator.ilshift, "InplaceShr": operator.irshift,
    "InplaceAnd": operator.iand, "InplaceOr": operator.ior, "InplaceXor": operator.ixor, "Eq": operator.eq, "Ne": operator.ne,
    "Lt": operator.lt, "Le": operator.le, "Gt": operator.gt, "Ge": operator.ge, "Is": operator.is_, "IsNot": operator.is_not,
}.items():
    def _binary(f, r, o, function=_function):
        r[o["dst"]] = function(get(r, o["lhs"]), get(r, o["rhs"]))
    OPS[_name] = _binary
for _name, _function in {"Neg": operator.neg, "Pos": operator.pos, "Invert": operator.invert, "Not": operator.not_}.items():
    def _unary(f, r, o, function=_function):
        r[o["dst"]] = function(get(r, o["src"]))
    OPS[_name] = _unary


@op
def Contains(f, r, o): r[o["dst"]] = get(r, o["item"]) in get(r, o["container"])
@op
def NotContains(f, r, o): r[o["dst"]] = get(r, o["item"]) not in get(r, o["container"])
@op
def ExceptionMatches(f, r, o):
    types_ = get(r, o["types"])
    for type_ in types_ if isinstance(types_, tuple) else (types_,):
        if not (isinstance(type_, type) and issubclass(type_, BaseException)):
            raise TypeError("catching classes that do not inherit from BaseException is not allowed")
    exc = get(r, o["exc"])
    # `except` uses the type itself, not __instancecheck__.
    r[o["dst"]] = any(type_ in type(exc).__mro__ for type_ in (types_ if isinstance(types_, tuple) else (types_,)))
@op
def Jump(f, r, o): return o["target"]
@op
def Branch(f, r, o): return o["then"] if get(r, o["cond"]) else o["other"]
@op
def Return(f, r, o): return ("return", get(r, o["value"]))
@op
def GetIter(f, r, o): r[o["dst"]] = iter(get(r, o["src"]))
@op
def ForIter(f, r, o):
    end = []
    iterator = get(r, o["iter"])
    try:
        value = type(iterator).__next__(iterator)
    except StopIteration:
        return o["done"]
    r[o["dst"]] = value
    return o["body"]
@op
def Unpack(f, r, o):
    n = len(o["dsts"])
    src = get(r, o["src"])
    if n == 0:
        [] = src
        return
    names = [f"v{i}" for i in range(n)]
    scope = {"src": src}
    exec(f"[{', '.join(names)}] = src", scope)
    for name, dst in zip(names, o["dsts"]):
        r[dst] = scope[name]
@op
def UnpackEx(f, r, o):
    before, after = len(o["before"]), len(o["after"])
    names = [f"v{i}" for i in range(before)] + ["*star"] + [f"w{i}" for i in range(after)]
    scope = {"src": get(r, o["src"])}
    exec(f"[{', '.join(names)}] = src", scope)
    for i, dst in enumerate(o["before"]):
        r[dst] = scope[f"v{i}"]
    r[o["star"]] = scope["star"]
    for i, dst in enumerate(o["after"]):
        r[dst] = scope[f"w{i}"]
@op
def GetLen(f, r, o): r[o["dst"]] = len(get(r, o["src"]))
@op
def MatchSequence(f, r, o):
    subject = get(r, o["subject"])
    r[o["dst"]] = isinstance(subject, collections.abc.Sequence) and not isinstance(subject, (str, bytes, bytearray))
@op
def MatchMapping(f, r, o): r[o["dst"]] = isinstance(get(r, o["subject"]), collections.abc.Mapping)
@op
def MatchKeys(f, r, o):
    subject, keys = get(r, o["subject"]), get(r, o["keys"])
    seen, values, dummy = set(), [], object()
    r[o["dst"]] = None
    for key in keys:
        if key in seen:
            raise ValueError(f"mapping pattern checks duplicate key ({key!r})")
        seen.add(key)
        value = subject.get(key, dummy)
        if value is dummy:
            return
        values.append(value)
    r[o["dst"]] = tuple(values)
@op
def MatchClass(f, r, o):
    subject, cls, n, names = get(r, o["subject"]), get(r, o["class"]), o["n_positional"], o["names"].value
    if not isinstance(cls, type):
        raise TypeError(f"called match pattern must be a class")
    r[o["dst"]] = None
    if not isinstance(subject, cls):
        return
    values, seen = [], set()
    if n:
        match_self = False
        try:
            args = cls.__match_args__
            if not isinstance(args, tuple):
                raise TypeError(f"{cls.__name__}.__match_args__ must be a tuple (got {type(args).__name__})")
        except AttributeError:
            args = ()
            match_self = issubclass(cls, (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple))
        allowed = 1 if match_self else len(args)
        if n > allowed:
            raise TypeError(f"{cls.__name__}() accepts {allowed} positional sub-pattern{'' if allowed == 1 else 's'} ({n} given)")
        if match_self:
            values.append(subject)
        else:
            for name in args[:n]:
                if name in seen:
                    raise TypeError(f"{cls.__name__}() got multiple sub-patterns for attribute {name!r}")
                seen.add(name)
                try:
                    values.append(getattr(subject, name))
                except AttributeError:
                    return
    for name in names:
        if name in seen:
            raise TypeError(f"{cls.__name__}() got multiple sub-patterns for attribute {name!r}")
        seen.add(name)
        try:
            values.append(getattr(subject, name))
        except AttributeError:
            return
    r[o["dst"]] = tuple(values)
@op
def Yield(f, r, o):
    f.resume = ("yield", o["dst"])
    return ("yield", get(r, o["value"]))
@op
def YieldFrom(f, r, o):
    f.resume = ("from", o["dst"], o["resumed"], o["thrown"])
    return ("yield", get(r, o["value"]))
@op
def GetYieldFromIter(f, r, o):
    src = get(r, o["src"])
    if isinstance(src, types.CoroutineType):
        if not f.function.flags & COROUTINE:
            raise TypeError("cannot 'yield from' a coroutine object in a non-coroutine generator")
        r[o["dst"]] = src
    else:
        r[o["dst"]] = src if isinstance(src, types.GeneratorType) else iter(src)
@op
def Send(f, r, o):
    iterator, value = get(r, o["iter"]), get(r, o["value"])
    try:
        result = next(iterator) if value is None and not hasattr(iterator, "send") else iterator.send(value)
    except StopIteration as stop:
        r[o["dst"]] = stop.value
        return o["done"]
    r[o["dst"]] = result
    return o["yielded"]
@op
def Throw(f, r, o):
    iterator, exc = get(r, o["iter"]), get(r, o["exc"])
    if isinstance(exc, GeneratorExit):
        if hasattr(iterator, "close"):
            iterator.close()
        raise exc
    if not hasattr(iterator, "throw"):
        raise exc
    try:
        r[o["dst"]] = iterator.throw(exc)
    except StopIteration as stop:
        r[o["dst"]] = stop.value
        return o["done"]
    return o["yielded"]


# ---- calls ----

def build_class(func, name, *bases, metaclass=None, **kwds):
    kwds_all = dict(kwds) if metaclass is None else {"metaclass": metaclass, **kwds}
    resolved = types.resolve_bases(bases)
    meta, ns, kwds = types.prepare_class(name, resolved, kwds_all)
    body = BODIES[id(func)][1]
    cell = run(body, [ns])
    if resolved is not bases:
        ns["__orig_bases__"] = bases
    cls = meta(name, resolved, ns, **kwds)
    if isinstance(cell, types.CellType) and isinstance(cls, type):
        content = cell_get(cell)
        if content is MISSING:
            raise RuntimeError(f"__class__ not set defining {name!r} as {cls!r}. Was __classcell__ propagated to type.__new__?")
    return cls


@op
def Call(f, r, o): r[o["dst"]] = get(r, o["callee"])(*gets(r, o["args"]))
@op
def CallKw(f, r, o):
    names, args = o["keywords"].value, gets(r, o["args"])
    n = len(args) - len(names)
    r[o["dst"]] = get(r, o["callee"])(*args[:n], **dict(zip(names, args[n:])))
@op
def CallEx(f, r, o):
    callee, args = get(r, o["callee"]), get(r, o["args"])
    r[o["dst"]] = callee(*args) if o["kwargs"] is None else callee(*args, **get(r, o["kwargs"]))
@op
def LoadMethod(f, r, o):
    callee = getattr(get(r, o["object"]), o["name"])
    r[o["receiver"]] = MISSING
    r[o["callee"]] = callee
@op
def LoadSuperMethod(f, r, o):
    callee = super_attr(get(r, o["function"]), get(r, o["owner"]), get(r, o["receiver"]), o["name"], o["explicit"])
    r[o["bound"]] = MISSING
    r[o["callee"]] = callee
@op
def CallMethod(f, r, o):
    receiver = r[o["receiver"]]
    first = [] if receiver is MISSING else [receiver]
    r[o["dst"]] = get(r, o["callee"])(*first, *gets(r, o["args"]))
@op
def CallMethodKw(f, r, o):
    assert r[o["receiver"]] is MISSING
    CallKw(f, r, o)
@op
def CallSuper(f, r, o):
    callee, owner, receiver = get(r, o["callee"]), r[o["owner"]], r[o["receiver"]]
    if callee is not super:
        r[o["dst"]] = callee()
        return
    if receiver is MISSING:
        raise RuntimeError("super(): arg[0] deleted" if o["has_receiver"] else "super(): no arguments")
    if owner is MISSING:
        raise RuntimeError("super(): empty __class__ cell" if o["has_cell"] else "super(): __class__ cell not found")
    r[o["dst"]] = super(owner, receiver)
@op
def CallScoped(f, r, o):
    callee, args = get(r, o["callee"]), gets(r, o["args"])
    names = o["names"].value
    if o["namespace"] is not None:
        local = get(r, o["namespace"])
    elif names is None:
        local = f.globals
    else:
        local = {name: r[reg] for name, reg in zip(names, o["values"]) if r[reg] is not MISSING}
    if callee is globals:
        result = f.globals
    elif callee is locals:
        result = local
    elif callee is vars and not args:
        result = local
    elif callee is dir and not args:
        result = sorted(local)
    elif callee in (eval, exec) and len(args) == 1:
        result = callee(args[0], f.globals, local)
    else:
        result = callee(*args)
    r[o["dst"]] = result
@op
def MakeFunction(f, r, o):
    function = make_function(f.function.module.functions[o["func"]], gets(r, o["closure"]), f.globals)
    if o["defaults"] is not None:
        function.__defaults__ = get(r, o["defaults"])
    if o["kwdefaults"] is not None:
        function.__kwdefaults__ = get(r, o["kwdefaults"])
    if o["annotate"] is not None:
        function.__annotate__ = get(r, o["annotate"])
    r[o["dst"]] = function
@op
def LoadBuildClass(f, r, o): r[o["dst"]] = build_class


# ---- building ----

@op
def BuildTuple(f, r, o): r[o["dst"]] = tuple(gets(r, o["items"]))
@op
def BuildList(f, r, o): r[o["dst"]] = gets(r, o["items"])
@op
def BuildSet(f, r, o): r[o["dst"]] = set(gets(r, o["items"]))
@op
def BuildDict(f, r, o):
    items = gets(r, o["items"])
    r[o["dst"]] = dict(zip(items[::2], items[1::2]))
@op
def BuildSlice(f, r, o): r[o["dst"]] = slice(get(r, o["start"]), get(r, o["stop"]), get(r, o["step"]))
@op
def BuildString(f, r, o):
    parts = gets(r, o["parts"])
    assert all(type(part) is str or isinstance(part, str) for part in parts)
    r[o["dst"]] = "".join(parts)
@op
def FormatValue(f, r, o):
    value = get(r, o["src"])
    value = (lambda x: x, str, repr, ascii)[o["conversion"]](value)
    r[o["dst"]] = format(value, "" if o["spec"] is None else get(r, o["spec"]))
@op
def ListAppend(f, r, o): get(r, o["list"]).append(get(r, o["value"]))
@op
def ListExtend(f, r, o):
    src = get(r, o["src"])
    try:
        iterator = iter(src)
    except TypeError:
        if hasattr(type(src), "__iter__"):
            raise
        raise TypeError(f"Value after * must be an iterable, not {type(src).__name__}") from None
    get(r, o["list"]).extend(src)
@op
def ListToTuple(f, r, o): r[o["dst"]] = tuple(get(r, o["list"]))
@op
def SetAdd(f, r, o): get(r, o["set"]).add(get(r, o["value"]))
@op
def SetUpdate(f, r, o): get(r, o["set"]).update(get(r, o["src"]))
@op
def DictSet(f, r, o): get(r, o["dict"])[get(r, o["key"])] = get(r, o["value"])
@op
def DictUpdate(f, r, o):
    src = get(r, o["src"])
    if not hasattr(src, "keys"):
        raise TypeError(f"'{type(src).__name__}' object is not a mapping")
    get(r, o["dict"]).update(src)
@op
def DictMerge(f, r, o):
    src, dict_, callee = get(r, o["src"]), get(r, o["dict"]), get(r, o["callee"])
    name = getattr(callee, "__qualname__", None)
    name = f"{name}()" if name else str(callee)
    module = getattr(callee, "__module__", None)
    if module not in (None, "builtins"):
        name = f"{module}.{name}"
    if not hasattr(src, "keys"):
        raise TypeError(f"{name} argument after ** must be a mapping, not {type(src).__name__}")
    for key in src.keys():
        if not isinstance(key, str):
            raise TypeError("keywords must be strings")
        if key in dict_:
            raise TypeError(f"{name} got multiple values for keyword argument '{key}'")
        dict_[key] = src[key]
@op
def BuildTemplate(f, r, o):
    from string.templatelib import Template
    strings, interpolations = get(r, o["strings"]), get(r, o["interpolations"])
    parts = []
    for i, text in enumerate(strings):
        parts.append(text)
        parts += interpolations[i:i + 1]
    r[o["dst"]] = Template(*parts)
@op
def BuildInterpolation(f, r, o):
    from string.templatelib import Interpolation
    r[o["dst"]] = Interpolation(get(r, o["value"]), o["expression"].value, (None, "s", "r", "a")[o["conversion"]],
                                "" if o["spec"] is None else get(r, o["spec"]))


# ---- exceptions ----

@op
def Raise(f, r, o):
    if o["exc"] is None:
        if State.handled is None:
            raise RuntimeError("No active exception to reraise")
        raise State.handled
    exc = get(r, o["exc"])
    if o["cause"] is None:
        if isinstance(exc, type) and issubclass(exc, BaseException):
            exc = exc()
        if not isinstance(exc, BaseException):
            raise TypeError("exceptions must derive from BaseException")
        if State.handled is not None and State.handled is not exc and exc.__context__ is None:
            seen = State.handled
            while seen is not None and seen is not exc:
                seen = seen.__context__
            if seen is None:
                exc.__context__ = State.handled
        raise exc
    raise exc from get(r, o["cause"])
@op
def Reraise(f, r, o): raise get(r, o["exc"])
@op
def Catch(f, r, o): r[o["dst"]] = f.pending
@op
def PushHandled(f, r, o):
    r[o["saved"]] = State.handled
    State.handled = get(r, o["exc"])
    f.depth += 1
@op
def PopHandled(f, r, o):
    State.handled = get(r, o["saved"])
    f.depth -= 1
@op
def SetHandled(f, r, o): State.handled = get(r, o["exc"])
@op
def LoadSpecial(f, r, o):
    which = o["which"]
    object = get(r, o["object"])
    name = ("__enter__", "__exit__", "__aenter__", "__aexit__")[which]
    method = None
    for cls in type(object).__mro__:
        if name in vars(cls):
            method = vars(cls)[name]
            break
    else:
        kinds = ("context manager", "asynchronous context manager")
        kind, other = kinds if which < 2 else kinds[::-1]
        message = f"'{type(object).__name__}' object does not support the {kind} protocol (missed {name} method)"
        wanted = ("__aenter__", "__aexit__") if which < 2 else ("__enter__", "__exit__")
        if all(hasattr(type(object), name) for name in wanted):
            message += f" but it supports the {other} protocol. Did you mean to use '{'async with' if which < 2 else 'with'}'?"
        raise TypeError(message)
    r[o["dst"]] = method.__get__(object, type(object)) if hasattr(method, "__get__") else method
@op
def WithExcept(f, r, o):
    exc = get(r, o["exc"])
    r[o["dst"]] = get(r, o["exit"])(type(exc), exc, exc.__traceback__)
@op
def MatchGroup(f, r, o):
    exc, types_ = get(r, o["exc"]), get(r, o["types"])
    for type_ in types_ if isinstance(types_, tuple) else (types_,):
        if not (isinstance(type_, type) and issubclass(type_, BaseException)):
            raise TypeError("catching classes that do not inherit from BaseException is not allowed")
        if issubclass(type_, BaseExceptionGroup):
            raise TypeError("catching ExceptionGroup with except* is not allowed. Use except instead.")
    if exc is None:
        matched = rest = None
    elif isinstance(exc, types_):
        matched, rest = (exc, None) if isinstance(exc, BaseExceptionGroup) else (BaseExceptionGroup("", [exc]), None)
    elif isinstance(exc, BaseExceptionGroup):
        matched, rest = exc.split(types_)
    else:
        matched, rest = None, exc
    r[o["matched"]], r[o["rest"]] = matched, rest
@op
def PrepareReraiseStar(f, r, o):
    exc, raised = get(r, o["exc"]), [item for item in get(r, o["raised"]) if item is not None]
    if not raised:
        r[o["dst"]] = None
    elif not isinstance(exc, BaseExceptionGroup):
        r[o["dst"]] = raised[0]
    else:
        # Parts of the original are put together again; new exceptions go beside them.
        ids = set()
        def leaves(e):
            for item in e.exceptions:
                if isinstance(item, BaseExceptionGroup): leaves(item)
                else: ids.add(id(item))
        new, old = [], []
        def is_part(e):
            return isinstance(e, BaseExceptionGroup) and e.__traceback__ is exc.__traceback__ and e.__context__ is exc.__context__ and e.__cause__ is exc.__cause__ and e.__notes__ is exc.__notes__ if hasattr(e, "__notes__") else isinstance(e, BaseExceptionGroup) and e.__context__ is exc.__context__ and e.__cause__ is exc.__cause__
        for item in raised:
            (old if is_part(item) else new).append(item)
        if old:
            for item in old: leaves(item)
            keep = exc.subgroup(lambda e: id(e) in ids)
        else:
            keep = None
        new += [keep] if keep is not None else []
        r[o["dst"]] = new[0] if len(new) == 1 else BaseExceptionGroup("", new)


# ---- async ----

@op
def GetAwaitable(f, r, o):
    src = get(r, o["src"])
    if isinstance(src, types.CoroutineType) or isinstance(src, types.GeneratorType) and src.gi_code.co_flags & 0x100:
        r[o["dst"]] = src
        return
    name = type(src).__name__
    if not hasattr(type(src), "__await__"):
        raise TypeError((f"'{name}' object can't be awaited",
                         f"'async with' received an object from __aenter__ that does not implement __await__: {name}",
                         f"'async with' received an object from __aexit__ that does not implement __await__: {name}")[o["context"]])
    r[o["dst"]] = type(src).__await__(src)
@op
def GetAIter(f, r, o):
    src = get(r, o["src"])
    if not hasattr(type(src), "__aiter__"):
        raise TypeError(f"'async for' requires an object with __aiter__ method, got {type(src).__name__}")
    result = type(src).__aiter__(src)
    if not hasattr(type(result), "__anext__"):
        raise TypeError(f"'async for' received an object from __aiter__ that does not implement __anext__: {type(result).__name__}")
    r[o["dst"]] = result
@op
def GetANext(f, r, o):
    iterator = get(r, o["iter"])
    src = type(iterator).__anext__(iterator)
    try:
        GetAwaitable(f, r, {"src": o["iter"], "dst": o["dst"], "context": 0}) if False else None
        if isinstance(src, types.CoroutineType):
            r[o["dst"]] = src
        else:
            r[o["dst"]] = type(src).__await__(src)
    except AttributeError as e:
        raise TypeError(f"'async for' received an invalid object from __anext__: {type(src).__name__}") from None
@op
def EndAsyncFor(f, r, o):
    exc = get(r, o["exc"])
    if not isinstance(exc, StopAsyncIteration):
        raise exc
@op
def AsyncGenWrap(f, r, o): r[o["dst"]] = Wrapped(get(r, o["src"]))


# ---- type parameters ----

def lazily(cls, name, body):
    return cls


@op
def MakeTypeVar(f, r, o):
    name = o["name"]
    if o["bound"] is None:
        result = typing.TypeVar(name, infer_variance=True)
    else:
        scope = {"bound": get(r, o["bound"])}
        text = f"({', '.join(f'bound()[{i}]' for i in range(len(scope['bound']())))})" if o["constraints"] else "bound()"
        exec(f"def f[{name}: {text}](): pass", scope)
        result = scope["f"].__type_params__[0]
    r[o["dst"]] = result
@op
def MakeParamSpec(f, r, o):
    scope = {}
    exec(f"def f[**{o['name']}](): pass", scope)
    r[o["dst"]] = scope["f"].__type_params__[0]
@op
def MakeTypeVarTuple(f, r, o):
    scope = {}
    exec(f"def f[*{o['name']}](): pass", scope)
    r[o["dst"]] = scope["f"].__type_params__[0]
@op
def SetTypeParamDefault(f, r, o):
    param, default = get(r, o["param"]), get(r, o["default"])
    star = "**" if isinstance(param, typing.ParamSpec) else "*" if isinstance(param, typing.TypeVarTuple) else ""
    scope = {"default": default}
    exec(f"def f[{star}{param.__name__} = default()](): pass", scope)
    r[o["param"]] = scope["f"].__type_params__[0]
@op
def MakeTypeAlias(f, r, o):
    params = get(r, o["params"]) or ()
    scope = {"value": get(r, o["value"])}
    exec(f"type {o['name']} = value()", scope)
    alias = scope[o["name"]]
    r[o["dst"]] = typing.TypeAliasType(o["name"], scope["value"](), type_params=params) if params else alias
@op
def SetFunctionTypeParams(f, r, o): get(r, o["function"]).__type_params__ = get(r, o["params"])
@op
def SubscriptGeneric(f, r, o):
    params = get(r, o["params"])
    r[o["dst"]] = typing.Generic[tuple(typing.Unpack[p] if isinstance(p, typing.TypeVarTuple) else p for p in params)]
@op
def Nop(f, r, o): pass


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    module = Module(text)
    program = types.ModuleType("__main__")
    real_main = sys.modules["__main__"]
    program.__file__ = sys.argv[2] if len(sys.argv) > 2 else "<dpb>"
    program.__builtins__ = builtins
    sys.modules["__main__"] = program
    sys.argv = [program.__file__]
    real = sys.exc_info
    sys.exc_info = lambda: (type(State.handled), State.handled, State.handled.__traceback__) if State.handled is not None else real()
    sys.exception = lambda: State.handled
    sys.path.insert(0, program.__file__.rpartition("/")[0] or ".")
    run(Body(module.functions[0], [], vars(program)), [])


if __name__ == "__main__":
    import threading
    sys.setrecursionlimit(200_000)
    threading.stack_size(512 << 20)
    failed = []
    def target():
        try:
            main()
        except SystemExit as e:
            failed.append(0 if e.code is None else e.code if isinstance(e.code, int) else 1)
            if isinstance(e.code, str): print(e.code, file=sys.stderr)
        except BaseException as e:
            failed.append(1)
            sys.stdout.flush()
            import traceback
            traceback.print_exception(e)
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    sys.stdout.flush()
    import os
    os._exit(failed[0] if failed else 0)
