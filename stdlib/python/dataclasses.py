"""Data classes for compiled programs.

CPython builds the methods of a data class as source text and runs exec() on it. Programs here have no compiler inside, so the
methods are closures over the list of fields; what they do and say is the same.
"""

import sys
import types
from types import GenericAlias

__all__ = [
    "dataclass", "field", "Field", "FrozenInstanceError", "InitVar", "KW_ONLY", "MISSING",
    "fields", "asdict", "astuple", "make_dataclass", "replace", "is_dataclass",
]


class FrozenInstanceError(AttributeError):
    pass


class _HAS_DEFAULT_FACTORY_CLASS:
    def __repr__(self):
        return "<factory>"


_HAS_DEFAULT_FACTORY = _HAS_DEFAULT_FACTORY_CLASS()


class _MISSING_TYPE:
    pass


MISSING = _MISSING_TYPE()


class _KW_ONLY_TYPE:
    pass


KW_ONLY = _KW_ONLY_TYPE()

_EMPTY_METADATA = types.MappingProxyType({})


class _FIELD_BASE:
    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


_FIELD = _FIELD_BASE("_FIELD")
_FIELD_CLASSVAR = _FIELD_BASE("_FIELD_CLASSVAR")
_FIELD_INITVAR = _FIELD_BASE("_FIELD_INITVAR")

_FIELDS = "__dataclass_fields__"
_PARAMS = "__dataclass_params__"
_POST_INIT_NAME = "__post_init__"


class InitVar:
    __slots__ = ("type",)

    def __init__(self, type):
        self.type = type

    def __repr__(self):
        if isinstance(self.type, type) and not isinstance(self.type, GenericAlias):
            type_name = self.type.__name__
        else:
            type_name = repr(self.type)
        return f"dataclasses.InitVar[{type_name}]"

    def __class_getitem__(cls, type):
        return InitVar(type)


class Field:
    __slots__ = ("name", "type", "default", "default_factory", "repr", "hash", "init", "compare", "metadata",
                 "kw_only", "doc", "_field_type")

    def __init__(self, default, default_factory, init, repr, hash, compare, metadata, kw_only, doc):
        self.name = None
        self.type = None
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.hash = hash
        self.compare = compare
        self.metadata = _EMPTY_METADATA if metadata is None else types.MappingProxyType(metadata)
        self.kw_only = kw_only
        self.doc = doc
        self._field_type = None

    def __repr__(self):
        return (f"Field(name={self.name!r},type={self.type!r},default={self.default!r},"
                f"default_factory={self.default_factory!r},init={self.init!r},repr={self.repr!r},"
                f"hash={self.hash!r},compare={self.compare!r},metadata={self.metadata!r},"
                f"kw_only={self.kw_only!r},doc={self.doc!r},_field_type={self._field_type})")

    def __set_name__(self, owner, name):
        func = getattr(type(self.default), "__set_name__", None)
        if func:
            func(self.default, owner, name)

    __class_getitem__ = classmethod(GenericAlias)


class _DataclassParams:
    __slots__ = ("init", "repr", "eq", "order", "unsafe_hash", "frozen", "match_args", "kw_only", "slots", "weakref_slot")

    def __init__(self, init, repr, eq, order, unsafe_hash, frozen, match_args, kw_only, slots, weakref_slot):
        self.init = init
        self.repr = repr
        self.eq = eq
        self.order = order
        self.unsafe_hash = unsafe_hash
        self.frozen = frozen
        self.match_args = match_args
        self.kw_only = kw_only
        self.slots = slots
        self.weakref_slot = weakref_slot

    def __repr__(self):
        return (f"_DataclassParams(init={self.init!r},repr={self.repr!r},eq={self.eq!r},order={self.order!r},"
                f"unsafe_hash={self.unsafe_hash!r},frozen={self.frozen!r},match_args={self.match_args!r},"
                f"kw_only={self.kw_only!r},slots={self.slots!r},weakref_slot={self.weakref_slot!r})")


def field(*, default=MISSING, default_factory=MISSING, init=True, repr=True, hash=None, compare=True, metadata=None,
          kw_only=MISSING, doc=None):
    if default is not MISSING and default_factory is not MISSING:
        raise ValueError("cannot specify both default and default_factory")
    return Field(default, default_factory, init, repr, hash, compare, metadata, kw_only, doc)


def _arity(qualname, wanted_min, wanted, given):
    what = "argument" if wanted == 1 else "arguments"
    verb = "was" if given == 1 else "were"
    if wanted_min != wanted:
        return f"{qualname}() takes from {wanted_min} to {wanted} positional arguments but {given} {verb} given"
    return f"{qualname}() takes {wanted} positional {what} but {given} {verb} given"


def _missing(qualname, names, kind):
    quoted = [f"'{name}'" for name in names]
    if len(quoted) == 1:
        listed = quoted[0]
    elif len(quoted) == 2:
        listed = f"{quoted[0]} and {quoted[1]}"
    else:
        listed = ", ".join(quoted[:-1]) + f", and {quoted[-1]}"
    plural = "" if len(names) == 1 else "s"
    return f"{qualname}() missing {len(names)} required {kind} argument{plural}: {listed}"


def _make_init(cls, all_fields, std_fields, kw_fields, frozen, has_post_init, slots):
    qualname = f"{cls.__qualname__}.__init__"
    positional = [f for f in std_fields if f.init]
    keyword = [f for f in kw_fields if f.init]
    seen_default = None
    for f in positional:
        if not (f.default is MISSING and f.default_factory is MISSING):
            seen_default = f
        elif seen_default:
            raise TypeError(f"non-default argument {f.name!r} follows default argument {seen_default.name!r}")
    names = [f.name for f in positional]
    by_name = {f.name: f for f in positional + keyword}
    n_positional = len(positional)
    n_required = sum(1 for f in positional if f.default is MISSING and f.default_factory is MISSING)
    # What happens to each field, in order: an attribute is set, or a value is only passed on.
    steps = []
    for f in all_fields:
        if f._field_type is _FIELD_INITVAR:
            continue
        if f.init:
            steps.append((f.name, f, True))
        elif f.default_factory is not MISSING:
            steps.append((f.name, f, False))
        elif slots and f.default is not MISSING:
            steps.append((f.name, f, False))
    plain = (not keyword and len(steps) == n_positional and not has_post_init and not frozen
             and all(is_arg for _, _, is_arg in steps) and [name for name, _, _ in steps] == names)
    post_names = [f.name for f in all_fields if f._field_type is _FIELD_INITVAR]
    assign = object.__setattr__ if frozen else setattr

    def bind(args, kwargs):
        values = dict(zip(names, args))
        if len(args) > n_positional:
            raise TypeError(_arity(qualname, n_required + 1, n_positional + 1, len(args) + 1))
        for name, value in kwargs.items():
            if name not in by_name:
                raise TypeError(f"{qualname}() got an unexpected keyword argument '{name}'")
            if name in values:
                raise TypeError(f"{qualname}() got multiple values for argument '{name}'")
            values[name] = value
        absent = [f.name for f in positional
                  if f.name not in values and f.default is MISSING and f.default_factory is MISSING]
        if absent:
            raise TypeError(_missing(qualname, absent, "positional"))
        absent = [f.name for f in keyword
                  if f.name not in values and f.default is MISSING and f.default_factory is MISSING]
        if absent:
            raise TypeError(_missing(qualname, absent, "keyword-only"))
        return values

    if plain:
        def __init__(self, /, *args, **kwargs):
            if kwargs or len(args) != n_positional:
                values = bind(args, kwargs)
                for f in positional:
                    name = f.name
                    if name in values:
                        value = values[name]
                    elif f.default is not MISSING:
                        value = f.default
                    else:
                        value = f.default_factory()
                    setattr(self, name, value)
                return
            for name, value in zip(names, args):
                setattr(self, name, value)
    else:
        def __init__(self, /, *args, **kwargs):
            values = bind(args, kwargs)
            for name, f, is_arg in steps:
                if is_arg and name in values:
                    value = values[name]
                elif f.default_factory is not MISSING:
                    value = f.default_factory()
                else:
                    value = f.default
                assign(self, name, value)
            if has_post_init:
                extra = []
                for name in post_names:
                    if name in values:
                        extra.append(values[name])
                    elif by_name[name].default is not MISSING:
                        extra.append(by_name[name].default)
                    else:
                        extra.append(by_name[name].default_factory())
                self.__post_init__(*extra)

    annotations = {f.name: f.type for f in positional + keyword}
    annotations["return"] = None
    return _named(cls, __init__, annotations)


def _named(cls, function, annotations=None):
    function.__qualname__ = f"{cls.__qualname__}.{function.__name__}"
    function.__module__ = cls.__module__
    if annotations is not None:
        function.__annotations__ = annotations
    return function


_repr_running = set()


def _make_repr(cls, shown):
    names = [f.name for f in shown]

    def __repr__(self):
        key = id(self)
        if key in _repr_running:
            return "..."
        _repr_running.add(key)
        try:
            inner = ", ".join([f"{name}={getattr(self, name)!r}" for name in names])
        finally:
            _repr_running.discard(key)
        return f"{self.__class__.__qualname__}({inner})"

    return _named(cls, __repr__)


def _make_eq(cls, compared):
    names = [f.name for f in compared]

    def __eq__(self, other):
        if self is other:
            return True
        if other.__class__ is self.__class__:
            for name in names:
                if not (getattr(self, name) == getattr(other, name)):
                    return False
            return True
        return NotImplemented

    return _named(cls, __eq__)


def _make_order(cls, compared, name):
    names = [f.name for f in compared]

    def values(instance):
        return tuple([getattr(instance, n) for n in names])

    if name == "__lt__":
        def __lt__(self, other):
            if other.__class__ is self.__class__:
                return values(self) < values(other)
            return NotImplemented
        return _named(cls, __lt__)
    if name == "__le__":
        def __le__(self, other):
            if other.__class__ is self.__class__:
                return values(self) <= values(other)
            return NotImplemented
        return _named(cls, __le__)
    if name == "__gt__":
        def __gt__(self, other):
            if other.__class__ is self.__class__:
                return values(self) > values(other)
            return NotImplemented
        return _named(cls, __gt__)

    def __ge__(self, other):
        if other.__class__ is self.__class__:
            return values(self) >= values(other)
        return NotImplemented
    return _named(cls, __ge__)


def _make_hash(cls, hashed):
    names = [f.name for f in hashed]

    def __hash__(self):
        return hash(tuple([getattr(self, name) for name in names]))

    return _named(cls, __hash__)


def _make_frozen(cls, all_fields):
    names = {f.name for f in all_fields}

    def __setattr__(self, name, value):
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def __delattr__(self, name):
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    return _named(cls, __setattr__), _named(cls, __delattr__)


def _string_is(annotation, words, cls):
    head = annotation.strip().split("[", 1)[0].strip()
    module, _, word = head.rpartition(".")
    return word in words and (not module or module.isidentifier())


def _kind_of(annotation, name, cls, default):
    typing = sys.modules.get("typing")
    if typing:
        if annotation is typing.ClassVar or getattr(annotation, "__origin__", None) is typing.ClassVar:
            return _FIELD_CLASSVAR
    if isinstance(annotation, str) and _string_is(annotation, ("ClassVar",), cls):
        return _FIELD_CLASSVAR
    if annotation is InitVar or type(annotation) is InitVar:
        return _FIELD_INITVAR
    if isinstance(annotation, str) and _string_is(annotation, ("InitVar",), cls):
        return _FIELD_INITVAR
    return _FIELD


def _get_field(cls, name, annotation, default_kw_only):
    default = getattr(cls, name, MISSING)
    if isinstance(default, Field):
        f = default
    else:
        if isinstance(default, types.MemberDescriptorType):
            default = MISSING
        f = field(default=default)
    f.name = name
    f.type = annotation
    f._field_type = _kind_of(annotation, name, cls, default)
    if f._field_type in (_FIELD_CLASSVAR, _FIELD_INITVAR):
        if f.default_factory is not MISSING:
            raise TypeError(f"field {f.name} cannot have a default factory")
    if f._field_type in (_FIELD, _FIELD_INITVAR):
        if f.kw_only is MISSING:
            f.kw_only = default_kw_only
    else:
        if f.kw_only is not MISSING:
            raise TypeError(f"field {f.name} is a ClassVar but specifies kw_only")
    if f._field_type is _FIELD and f.default.__class__.__hash__ is None:
        raise ValueError(f"mutable default {type(f.default)} for field {f.name} is not allowed: use default_factory")
    return f


def _own_annotations(cls):
    # `type.__annotations__` never answers with a base's.
    try:
        return cls.__annotations__
    except NameError:
        import annotationlib
        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)


def _set_new_attribute(cls, name, value):
    if name in cls.__dict__:
        return True
    setattr(cls, name, value)
    return False


def _process_class(cls, init, repr, eq, order, unsafe_hash, frozen, match_args, kw_only, slots, weakref_slot):
    all_fields = {}
    setattr(cls, _PARAMS, _DataclassParams(init, repr, eq, order, unsafe_hash, frozen, match_args, kw_only, slots, weakref_slot))
    any_frozen_base = False
    all_frozen_bases = None
    has_dataclass_bases = False
    for base in cls.__mro__[-1:0:-1]:
        base_fields = getattr(base, _FIELDS, None)
        if base_fields is not None:
            has_dataclass_bases = True
            for f in base_fields.values():
                all_fields[f.name] = f
            if all_frozen_bases is None:
                all_frozen_bases = True
            current_frozen = getattr(base, _PARAMS).frozen
            all_frozen_bases = all_frozen_bases and current_frozen
            any_frozen_base = any_frozen_base or current_frozen
    annotations = _own_annotations(cls)
    cls_fields = []
    kw_only_seen = False
    for name, annotation in annotations.items():
        if (annotation is KW_ONLY or isinstance(annotation, _KW_ONLY_TYPE) or annotation is _KW_ONLY_TYPE
                or (isinstance(annotation, str) and _string_is(annotation, ("KW_ONLY",), cls))):
            if kw_only_seen:
                raise TypeError(f"{name!r} is KW_ONLY, but KW_ONLY has already been specified")
            kw_only_seen = True
            kw_only = True
        else:
            cls_fields.append(_get_field(cls, name, annotation, kw_only))
    for f in cls_fields:
        all_fields[f.name] = f
        if isinstance(getattr(cls, f.name, None), Field):
            if f.default is MISSING:
                delattr(cls, f.name)
            else:
                setattr(cls, f.name, f.default)
    for name, value in cls.__dict__.items():
        if isinstance(value, Field) and name not in annotations:
            raise TypeError(f"{name!r} is a field but has no type annotation")
    if has_dataclass_bases:
        if any_frozen_base and not frozen:
            raise TypeError("cannot inherit non-frozen dataclass from a frozen one")
        if all_frozen_bases is False and frozen:
            raise TypeError("cannot inherit frozen dataclass from a non-frozen one")
    setattr(cls, _FIELDS, all_fields)
    class_hash = cls.__dict__.get("__hash__", MISSING)
    has_explicit_hash = not (class_hash is MISSING or (class_hash is None and "__eq__" in cls.__dict__))
    if order and not eq:
        raise ValueError("eq must be true if order is true")
    real = [f for f in all_fields.values() if f._field_type in (_FIELD, _FIELD_INITVAR)]
    std_fields = [f for f in real if not f.kw_only]
    kw_fields = [f for f in real if f.kw_only]
    instance_fields = [f for f in all_fields.values() if f._field_type is _FIELD]
    if init:
        _set_new_attribute(cls, "__init__",
                           _make_init(cls, real, std_fields, kw_fields, frozen, hasattr(cls, _POST_INIT_NAME), slots))
    _set_new_attribute(cls, "__replace__", _named(cls, _make_replace()))
    if repr:
        _set_new_attribute(cls, "__repr__", _make_repr(cls, [f for f in instance_fields if f.repr]))
    compared = [f for f in instance_fields if f.compare]
    if eq:
        _set_new_attribute(cls, "__eq__", _make_eq(cls, compared))
    if order:
        for name in ("__lt__", "__le__", "__gt__", "__ge__"):
            if _set_new_attribute(cls, name, _make_order(cls, compared, name)):
                raise TypeError(f"Cannot overwrite attribute {name} in class {cls.__name__}. "
                                "Consider using functools.total_ordering")
    if frozen:
        for function in _make_frozen(cls, instance_fields):
            if _set_new_attribute(cls, function.__name__, function):
                raise TypeError(f"Cannot overwrite attribute {function.__name__} in class {cls.__name__}")
    hashed = [f for f in instance_fields if (f.compare if f.hash is None else f.hash)]
    if unsafe_hash:
        if has_explicit_hash:
            raise TypeError(f"Cannot overwrite attribute __hash__ in class {cls.__name__}")
        cls.__hash__ = _make_hash(cls, hashed)
    elif eq and not has_explicit_hash:
        cls.__hash__ = _make_hash(cls, hashed) if frozen else None
    if not getattr(cls, "__doc__"):
        parts = [_parameter_text(f) for f in std_fields if f.init]
        keyword = [_parameter_text(f) for f in kw_fields if f.init]
        if keyword:
            parts.append("*")
            parts.extend(keyword)
        cls.__doc__ = cls.__name__ + "(" + ", ".join(parts) + ")"
    if match_args:
        _set_new_attribute(cls, "__match_args__", tuple(f.name for f in std_fields if f.init))
    if weakref_slot and not slots:
        raise TypeError("weakref_slot is True but slots is False")
    if slots:
        cls = _add_slots(cls, frozen, weakref_slot, instance_fields)
    return cls


def _parameter_text(f):
    kind = f.type
    if isinstance(kind, str):
        text = repr(kind)
    elif kind is type(None):
        text = "NoneType"
    elif isinstance(kind, type) and not isinstance(kind, GenericAlias):
        text = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    else:
        text = repr(kind)
    if f.default is not MISSING:
        return f"{f.name}: {text} = {f.default!r}"
    if f.default_factory is not MISSING:
        return f"{f.name}: {text} = <factory>"
    return f"{f.name}: {text}"


def _make_replace():
    def __replace__(self, /, **changes):
        return _replace(self, **changes)
    return __replace__


def _frozen_getstate(self):
    return [getattr(self, f.name) for f in fields(self)]


def _frozen_setstate(self, state):
    for f, value in zip(fields(self), state):
        object.__setattr__(self, f.name, value)


def _slots_of(cls):
    slots = cls.__dict__.get("__slots__")
    if slots is None:
        return []
    if isinstance(slots, str):
        return [slots]
    return list(slots)


def _add_slots(cls, is_frozen, weakref_slot, instance_fields):
    if "__slots__" in cls.__dict__:
        raise TypeError(f"{cls.__name__} already specifies __slots__")
    namespace = dict(cls.__dict__)
    field_names = tuple(f.name for f in instance_fields)
    inherited = set()
    for base in cls.__mro__[1:-1]:
        inherited.update(_slots_of(base))
    new_slots = [name for name in field_names if name not in inherited]
    if weakref_slot and "__weakref__" not in inherited:
        new_slots.append("__weakref__")
    namespace["__slots__"] = tuple(new_slots)
    for name in field_names:
        namespace.pop(name, None)
    namespace.pop("__dict__", None)
    namespace.pop("__weakref__", None)
    qualname = getattr(cls, "__qualname__", None)
    new_class = type(cls)(cls.__name__, cls.__bases__, namespace)
    if qualname is not None:
        new_class.__qualname__ = qualname
    if is_frozen:
        if "__getstate__" not in namespace:
            new_class.__getstate__ = _frozen_getstate
        if "__setstate__" not in namespace:
            new_class.__setstate__ = _frozen_setstate
    _update_class_cells(cls, new_class)
    return new_class


def _update_class_cells(old, new):
    """Methods that use `super()` or `__class__` hold the old class in a cell."""
    for member in new.__dict__.values():
        if isinstance(member, (classmethod, staticmethod)):
            member = member.__func__
        functions = [member]
        if isinstance(member, property):
            functions = [member.fget, member.fset, member.fdel]
        for function in functions:
            for cell in getattr(function, "__closure__", None) or ():
                try:
                    content = cell.cell_contents
                except ValueError:
                    continue
                if content is old:
                    cell.cell_contents = new
                    return


def dataclass(cls=None, /, *, init=True, repr=True, eq=True, order=False, unsafe_hash=False, frozen=False, match_args=True,
              kw_only=False, slots=False, weakref_slot=False):
    def wrap(cls):
        return _process_class(cls, init, repr, eq, order, unsafe_hash, frozen, match_args, kw_only, slots, weakref_slot)
    if cls is None:
        return wrap
    return wrap(cls)


def fields(class_or_instance):
    try:
        found = getattr(class_or_instance, _FIELDS)
    except AttributeError:
        raise TypeError("must be called with a dataclass type or instance") from None
    return tuple(f for f in found.values() if f._field_type is _FIELD)


def _is_dataclass_instance(obj):
    return hasattr(type(obj), _FIELDS)


def is_dataclass(obj):
    cls = obj if isinstance(obj, type) else type(obj)
    return hasattr(cls, _FIELDS)


_ATOMIC_TYPES = frozenset({
    types.NoneType, bool, int, float, str, complex, bytes, types.EllipsisType, types.NotImplementedType, type, range, property,
})


def asdict(obj, *, dict_factory=dict):
    if not _is_dataclass_instance(obj):
        raise TypeError("asdict() should be called on dataclass instances")
    return _asdict_inner(obj, dict_factory)


def _copy(value):
    import copy
    return copy.deepcopy(value)


def _asdict_inner(obj, dict_factory):
    kind = type(obj)
    if kind in _ATOMIC_TYPES:
        return obj
    if hasattr(kind, _FIELDS):
        return dict_factory([(f.name, _asdict_inner(getattr(obj, f.name), dict_factory)) for f in fields(obj)])
    if kind is list:
        return [_asdict_inner(v, dict_factory) for v in obj]
    if kind is dict:
        return {_asdict_inner(k, dict_factory): _asdict_inner(v, dict_factory) for k, v in obj.items()}
    if issubclass(kind, tuple):
        if hasattr(obj, "_fields"):
            return kind(*[_asdict_inner(v, dict_factory) for v in obj])
        return kind(_asdict_inner(v, dict_factory) for v in obj)
    if issubclass(kind, dict):
        if hasattr(kind, "default_factory"):
            result = kind(obj.default_factory)
            for k, v in obj.items():
                result[_asdict_inner(k, dict_factory)] = _asdict_inner(v, dict_factory)
            return result
        return kind((_asdict_inner(k, dict_factory), _asdict_inner(v, dict_factory)) for k, v in obj.items())
    if issubclass(kind, list):
        return kind(_asdict_inner(v, dict_factory) for v in obj)
    return _copy(obj)


def astuple(obj, *, tuple_factory=tuple):
    if not _is_dataclass_instance(obj):
        raise TypeError("astuple() should be called on dataclass instances")
    return _astuple_inner(obj, tuple_factory)


def _astuple_inner(obj, tuple_factory):
    kind = type(obj)
    if kind in _ATOMIC_TYPES:
        return obj
    if hasattr(kind, _FIELDS):
        return tuple_factory([_astuple_inner(getattr(obj, f.name), tuple_factory) for f in fields(obj)])
    if isinstance(obj, tuple) and hasattr(obj, "_fields"):
        return kind(*[_astuple_inner(v, tuple_factory) for v in obj])
    if isinstance(obj, (list, tuple)):
        return kind(_astuple_inner(v, tuple_factory) for v in obj)
    if isinstance(obj, dict):
        pairs = ((_astuple_inner(k, tuple_factory), _astuple_inner(v, tuple_factory)) for k, v in obj.items())
        if hasattr(kind, "default_factory"):
            result = kind(obj.default_factory)
            for k, v in pairs:
                result[k] = v
            return result
        return kind(pairs)
    return _copy(obj)


def make_dataclass(cls_name, fields, *, bases=(), namespace=None, init=True, repr=True, eq=True, order=False, unsafe_hash=False,
                   frozen=False, match_args=True, kw_only=False, slots=False, weakref_slot=False, module=None,
                   decorator=dataclass):
    if namespace is None:
        namespace = {}
    import keyword
    seen = set()
    annotations = {}
    defaults = {}
    for item in fields:
        if isinstance(item, str):
            name = item
            kind = "typing.Any"
        elif len(item) == 2:
            name, kind = item
        elif len(item) == 3:
            name, kind, defaults[item[0]] = item
        else:
            raise TypeError(f"Invalid field: {item!r}")
        if not isinstance(name, str) or not name.isidentifier():
            raise TypeError(f"Field names must be valid identifiers: {name!r}")
        if keyword.iskeyword(name):
            raise TypeError(f"Field names must not be keywords: {name!r}")
        if name in seen:
            raise TypeError(f"Field name duplicated: {name!r}")
        seen.add(name)
        annotations[name] = kind

    def fill(ns):
        ns.update(namespace)
        ns.update(defaults)
        ns["__annotations__"] = annotations
    cls = types.new_class(cls_name, bases, {}, fill)
    if module is not None:
        cls.__module__ = module
    return decorator(cls, init=init, repr=repr, eq=eq, order=order, unsafe_hash=unsafe_hash, frozen=frozen, match_args=match_args,
                     kw_only=kw_only, slots=slots, weakref_slot=weakref_slot)


def replace(obj, /, **changes):
    if not _is_dataclass_instance(obj):
        raise TypeError("replace() should be called on dataclass instances")
    return _replace(obj, **changes)


def _replace(self, /, **changes):
    for f in getattr(self, _FIELDS).values():
        if f._field_type is _FIELD_CLASSVAR:
            continue
        if not f.init:
            if f.name in changes:
                raise TypeError(f"field {f.name} is declared with init=False, it cannot be specified with replace()")
            continue
        if f.name not in changes:
            if f._field_type is _FIELD_INITVAR and f.default is MISSING:
                raise TypeError(f"InitVar {f.name!r} must be specified with replace()")
            changes[f.name] = getattr(self, f.name)
    return self.__class__(**changes)
