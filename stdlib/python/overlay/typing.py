"""Overlay: forward references are not compiled when they are made."""


def _make_forward_ref(code, *, parent_fwdref=None, **kwargs):
    inherited = {} if parent_fwdref is None else {"module": parent_fwdref.__forward_module__, "owner": parent_fwdref.__owner__}
    kwargs.update((name, value) for name, value in inherited.items() if value is not None)
    return _lazy_annotationlib.ForwardRef(code, **kwargs)
