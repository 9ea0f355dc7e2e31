"""Overlay: the marks under traceback lines without a parser."""


def _extract_caret_anchors_from_line_segment(segment):
    from _dxpyc import caret_anchors

    encoded = segment.encode()
    found = caret_anchors(segment)
    if found is None:
        return None
    places = []
    for offset in found:
        before = encoded[:offset].decode()
        places += [before.count("\n"), len(before) - (before.rfind("\n") + 1)]
    return _Anchors(*places)


def _should_show_carets(self, start_offset, end_offset, all_lines, anchors):
    from _dxpyc import shows_carets

    first, last = all_lines[0], all_lines[-1]
    return shows_carets(all_lines, len(first[:start_offset].encode()), len(last[:end_offset].encode()))


_show_carets_method = setattr(StackSummary, "_should_show_carets", _should_show_carets)
