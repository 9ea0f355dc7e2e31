"""Random programs over ints, floats and lists, made to make guards fail: ints that cross 2**60 and 2**63, variables that change type, indices out
of range, exceptions in loops, attributes that hold this and that. One program for each seed; it prints all that it computes.
"""

import random

INTS = ["0", "1", "2", "-1", "3", "7", "10", "255", "-5", "2**60-1", "-(2**60)", "2**31", "65521", "1103515245"]
OTHERS = ["1.5", "0.5", "-2.0", "1e300", "0.0", "True", "2**60", "2**62", "2**63-1"]
BINARY = ["+", "-", "*", "+", "-", "*", "//", "%", "/", "&", "|", "^", "<<", ">>", "<", "==", "<="]
ERRORS = "TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError"
N_FUNCTIONS = 6
HEAD = '''\
import sys
sys.set_int_max_str_digits(0)
log = []


class Box:
    def __init__(self, x):
        self.x = x


def shown(value):
    if isinstance(value, int) and abs(value) > 2**200:
        return "big %d" % (value % 1000003)
    return value


def bounded(value):
    return value % 2**100 if isinstance(value, int) and abs(value) > 2**400 else value

'''


class Maker:
    """Makes one program."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = []

    def constant(self):
        return self.random.choice(INTS if self.random.random() < 0.75 else OTHERS)

    def expression(self, names, depth=0):
        pick, chance = self.random.choice, self.random.random()
        if depth > 2 or chance < 0.25:
            return pick(names)
        if chance < 0.4:
            return self.constant()
        if chance < 0.5:
            return f"xs[{pick([*names, '0', '1', '-1', 'i % 3'])}]"
        if chance < 0.55:
            return f"abs({self.expression(names, depth + 1)})"
        if chance < 0.6:
            return "len(xs)"
        if chance < 0.65:
            return f"(-{self.expression(names, depth + 1)})"
        if chance < 0.7:
            return f"{pick(['min', 'max'])}({self.expression(names, depth + 1)}, {self.expression(names, depth + 1)})"
        operator = pick(BINARY)
        left = self.expression(names, depth + 1)
        right = pick(["1", "3", "i", "7", "60"]) if operator == "<<" else self.expression(names, depth + 1)
        return f"({left} {operator} {right})"

    def condition(self, names):
        compare = self.random.choice(["<", ">", "==", "!=", "<=", ">="])
        return f"{self.expression(names, 1)} {compare} {self.expression(names, 1)}"

    def block(self, names, depth, number):
        """Statements; `number`: only functions below it are called."""
        lines = []
        for _ in range(self.random.randint(1, 4)):
            lines += self.statement(names, depth, number)
        return lines

    def statement(self, names, depth, number):
        pick, chance = self.random.choice, self.random.random()
        variable = pick(["a", "b", "c", "d"])
        inner = lambda more=(): ["    " + line for line in self.block([*names, *more], depth + 1, number)]
        if chance < 0.45 or (depth >= 2 and 0.62 <= chance < 0.9):
            return [f"{variable} {pick(['=', '+=', '-=', '=', '*='])} {self.expression(names)}"]
        if chance < 0.55:
            return [f"xs[{pick([*names, '0', '-1', 'i % 2'])}] {pick(['=', '+='])} {self.expression(names)}"]
        if chance < 0.62:
            return [f"xs.append({self.expression(names)})"]
        if chance < 0.8:
            lines = [f"if {self.condition(names)}:", *inner()]
            return [*lines, "else:", *inner()] if self.random.random() < 0.5 else lines
        if chance < 0.86:
            lines = ["try:", *inner(), f"except ({ERRORS}) as error:", "    log.append(type(error).__name__)"]
            return [*lines, "finally:", f"    {variable} = {self.constant()}"] if self.random.random() < 0.3 else lines
        if chance < 0.9:
            counter = pick(["j", "k"])
            return [f"for {counter} in range({pick(['3', 'i', '2, 6', '5, 0, -2'])}):", *inner([counter])]
        if chance < 0.93 and number > 0:
            call = f"f{self.random.randrange(number)}({self.expression(names, 2)}, {self.constant()})"
            return [f"{variable} = {call}[0]"]
        if chance < 0.96:
            return [f"box.x {pick(['=', '+=', '-='])} {self.expression(names, 1)}"]
        return [f"{variable} = box.x"]

    def function(self, number):
        same = self.random.random() < 0.3
        items = f"[{self.random.choice(INTS)}] * 5" if same else f"[{', '.join(self.constant() for _ in range(4))}]"
        body = [
            "a, b, c, d, box.x = bounded(a), bounded(b), bounded(c), bounded(d), bounded(box.x)",
            "xs = [bounded(x) for x in xs[:30]]",
            *self.block(["i", "a", "b", "c", "d"], 0, number),
            "i += 1",
        ]
        return [
            f"\ndef f{number}(a, b):",
            "    box = Box(a)",
            f"    c = {self.constant()}",
            f"    d = {self.constant()}",
            f"    xs = {items}",
            "    i = 0",
            f"    while i < {self.random.randint(3, 12)}:",
            *("        " + line for line in body),
            "    return c, d, a, b, box.x, xs[:5]\n",
        ]

    def program(self):
        lines = []
        for number in range(N_FUNCTIONS):
            lines += self.function(number)
        for number in range(N_FUNCTIONS):
            for _ in range(5):
                lines += [
                    "\nlog.clear()",
                    "try:",
                    f"    *values, items = f{number}({self.constant()}, {self.constant()})",
                    "    print([shown(v) for v in values], [shown(v) for v in items], log)",
                    "except Exception as error:",
                    "    print(type(error).__name__, error)",
                ]
        return HEAD + "\n".join(lines) + "\n"


def program(seed):
    """The program of a seed."""
    return Maker(seed).program()
