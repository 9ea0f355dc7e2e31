"""Decimal fixed-point and floating-point arithmetic: the pure-Python implementation."""

from _pydecimal import *
from _pydecimal import __doc__, __libmpdec_version__, __version__
from _pydecimal import __all__
