"""Overlay: compiled programs have no frame whose locals are a mapping of their own."""


def _get_framelocalsproxy():
    return dict
