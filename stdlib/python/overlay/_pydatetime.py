"""Overlay: what the native datetime shows."""


def _iso_calendar_date_repr(self):
    return f"datetime.IsoCalendarDate(year={self.year}, week={self.week}, weekday={self.weekday})"


_iso_calendar_date_repr_set = setattr(_IsoCalendarDate, "__repr__", _iso_calendar_date_repr)
