"""`collections.abc`: CPython's `collections` puts `_collections_abc` into `sys.modules` under this name, so this body never runs."""

from _collections_abc import *
