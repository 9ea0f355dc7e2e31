"""Overlay: definitions that take the place of those in the 3.14 library's `collections`, which needs eval()."""


def _namedtuple_new(typename, field_names, defaults):
    n_fields = len(field_names)
    n_required = n_fields - len(defaults)
    qualname = f"{typename}.__new__"
    fill = dict(zip(reversed(field_names), reversed(defaults)))

    def bind(args, kwargs):
        if len(args) > n_fields:
            given = len(args) + 1
            if n_required != n_fields:
                raise TypeError(f"{qualname}() takes from {n_required + 1} to {n_fields + 1} positional arguments but {given} were given")
            plural = "" if n_fields == 0 else "s"
            raise TypeError(f"{qualname}() takes {n_fields + 1} positional argument{plural} but {given} were given")
        values = dict(zip(field_names, args))
        for name, value in kwargs.items():
            if name not in field_names:
                raise TypeError(f"{qualname}() got an unexpected keyword argument '{name}'")
            if name in values:
                raise TypeError(f"{qualname}() got multiple values for argument '{name}'")
            values[name] = value
        missing = [repr(name) for name in field_names if name not in values and name not in fill]
        if missing:
            plural = "" if len(missing) == 1 else "s"
            if len(missing) > 2:
                listed = ", ".join(missing[:-1]) + f", and {missing[-1]}"
            else:
                listed = " and ".join(missing)
            raise TypeError(f"{qualname}() missing {len(missing)} required positional argument{plural}: {listed}")
        return [values[name] if name in values else fill[name] for name in field_names]

    def __new__(_cls, /, *args, **kwargs):
        if kwargs or len(args) != n_fields:
            args = bind(args, kwargs)
        return tuple.__new__(_cls, args)

    return __new__


def namedtuple(typename, field_names, *, rename=False, defaults=None, module=None):
    if isinstance(field_names, str):
        field_names = field_names.replace(",", " ").split()
    field_names = list(map(str, field_names))
    typename = _sys.intern(str(typename))
    if rename:
        taken = set()
        for index, name in enumerate(field_names):
            if not name.isidentifier() or _iskeyword(name) or name.startswith("_") or name in taken:
                field_names[index] = f"_{index}"
            taken.add(name)
    for name in [typename] + field_names:
        if type(name) is not str:
            raise TypeError("Type names and field names must be strings")
        if not name.isidentifier():
            raise ValueError(f"Type names and field names must be valid identifiers: {name!r}")
        if _iskeyword(name):
            raise ValueError(f"Type names and field names cannot be a keyword: {name!r}")
    taken = set()
    for name in field_names:
        if name.startswith("_") and not rename:
            raise ValueError(f"Field names cannot start with an underscore: {name!r}")
        if name in taken:
            raise ValueError(f"Encountered duplicate field name: {name!r}")
        taken.add(name)
    default_values = ()
    if defaults is not None:
        default_values = tuple(defaults)
        if len(default_values) > len(field_names):
            raise TypeError("Got more default values than field names")
    field_defaults = dict(reversed(list(zip(reversed(field_names), reversed(default_values)))))
    field_names = tuple(map(_sys.intern, field_names))
    n_fields = len(field_names)
    arg_list = ", ".join(field_names)
    if n_fields == 1:
        arg_list += ","
    repr_format = "(" + ", ".join([f"{name}=%r" for name in field_names]) + ")"

    __new__ = _namedtuple_new(typename, field_names, default_values)
    __new__.__doc__ = f"Create new instance of {typename}({arg_list})"

    def _make(cls, iterable):
        result = tuple.__new__(cls, iterable)
        if len(result) != n_fields:
            raise TypeError(f"Expected {n_fields} arguments, got {len(result)}")
        return result

    _make.__doc__ = f"Make a new {typename} object from a sequence or iterable"

    def _replace(self, /, **changes):
        result = self._make(map(changes.pop, field_names, self))
        if changes:
            raise TypeError(f"Got unexpected field names: {list(changes)!r}")
        return result

    _replace.__doc__ = f"Return a new {typename} object replacing specified fields with new values"

    def __repr__(self):
        return self.__class__.__name__ + repr_format % tuple(self)

    def _asdict(self):
        return dict(zip(self._fields, self))

    def __getnewargs__(self):
        return tuple(self)

    for method in (__new__, _make, _replace, __repr__, _asdict, __getnewargs__):
        method.__qualname__ = f"{typename}.{method.__name__}"

    namespace = {
        "__doc__": f"{typename}({arg_list})",
        "__slots__": (),
        "_fields": field_names,
        "_field_defaults": field_defaults,
        "__new__": __new__,
        "_make": classmethod(_make),
        "__replace__": _replace,
        "_replace": _replace,
        "__repr__": __repr__,
        "_asdict": _asdict,
        "__getnewargs__": __getnewargs__,
        "__match_args__": field_names,
    }
    for index, name in enumerate(field_names):
        namespace[name] = _tuplegetter(index, _sys.intern(f"Alias for field number {index}"))
    result = type(typename, (tuple,), namespace)
    if module is None:
        module = _sys._getframemodulename(1) or "__main__"
    if module is not None:
        result.__module__ = module
    return result
