# Names that are not there, and what was meant.
import sys
import collections


class Point:
    def __init__(self):
        self.width = 1
        self.height = 2
        self._hidden = 3

    def misspelt(self):
        return self.widht


def module_and_name():
    print(abc)


def module_only():
    return itertools.chain()


def rare_module():
    return tomllib.loads("")


def package():
    return os.path.join("a", "b")


def a_local():
    first_value = 1
    return frist_value


def ties():
    cab = cad = 1
    return caf


def ties_global():
    return Pont


def builtin():
    return pirnt("x")


def case():
    value = 1
    return VALUE


def too_far():
    return completely_different_thing


def attribute():
    Point().misspelt()


def attribute_of_other():
    Point().heigth


def hidden():
    Point().hidden


def of_list():
    [].apend(1)


def of_module():
    collections.orderedDict()


def ties_attribute():
    class Pair:
        ba = bb = 1

    Pair().bc


def keyword():
    sorted([1], revers=True)


def keyword_of_function():
    def f(*, colour=1):
        pass

    f(color=2)


def from_import():
    from collections import namedtupel


def unbound():
    print(later)
    later = 1


def deleted():
    here = 1
    del here
    print(here)


CASES = [module_and_name, module_only, rare_module, package, a_local, ties, ties_global, builtin, case, too_far, attribute, attribute_of_other,
         hidden, of_list, of_module, ties_attribute, keyword, keyword_of_function, from_import, unbound, deleted]
CASES[int(sys.argv[1])]()
