"""Importing by name in compiled programs: modules that are part of the program can be imported, nothing is loaded from files."""

__all__ = ["__import__", "import_module", "invalidate_caches", "reload"]

import sys
from builtins import __import__

from . import _bootstrap
from . import _bootstrap_external


def invalidate_caches():
    """Call the invalidate_caches() method on all meta path finders that have one."""
    for finder in sys.meta_path:
        if hasattr(finder, "invalidate_caches"):
            finder.invalidate_caches()


def import_module(name, package=None):
    """Import a module. The package argument is needed for relative names."""
    if name.startswith("."):
        if not package:
            raise TypeError(f"the 'package' argument is required to perform a relative import for {name!r}")
        name = _bootstrap._resolve_name_of(name, package)
    __import__(name)
    return sys.modules[name]


def reload(module):
    """Reload the module and return it: compiled programs have each module once."""
    name = getattr(module, "__name__", None)
    if not isinstance(module, type(sys)):
        raise TypeError("reload() argument must be a module")
    if sys.modules.get(name) is not module:
        raise ImportError(f"module {name} not in sys.modules", name=name)
    raise ImportError(f"reload() of {name!r} is not supported in compiled programs", name=name)
