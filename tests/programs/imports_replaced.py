"""Programs that change what imports do: builtins.__import__ and sys.modules."""
import builtins
import sys


class Fake:
    def __init__(self, value):
        self.value = value

    def method(self):
        return self.value


sys.modules["made_up"] = Fake(1)
import made_up

print(made_up.method())
from made_up import method, value

print(method(), value)

original = builtins.__import__


def replaced(name, globals, locals, fromlist, level):
    print("import", name, fromlist, level, globals is not None)

    class Module:
        a = 1
        b = 2

    return Module


builtins.__import__ = replaced
import nothing
import nothing.at.all
from nothing import a
from nothing.at import a, b as c
from .relative import a
from .. import b

builtins.__import__ = original
print(nothing.a, a, b, c)
try:
    import still_nothing
except ImportError as e:
    print(e)
