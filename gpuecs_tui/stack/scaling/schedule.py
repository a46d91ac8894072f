"""Schedules of Application Auto Scaling: ``cron(…)``, ``at(…)`` and ``rate(…)``, and their times.

The syntax is in the Application Auto Scaling user guide ("Schedule recurring scaling actions") and
the EventBridge user guide ("Cron expressions reference"): six fields, and a question mark in one of
the two fields for days.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gpuecs_tui.i18n import _

YEAR_MIN, YEAR_MAX = 1970, 2199
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LAST_WEEKDAY = 7
"""The last day of the week, Saturday."""
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_FIELDS = 6
_CALL = re.compile(r"(cron|at|rate)\(([^()]*)\)")
_RATE = re.compile(r"([1-9][0-9]{0,5}) (minute|hour|day)(s?)")
_STEP = re.compile(r"(?P<range>[^/]+)/(?P<step>[1-9][0-9]{0,3})")

_Days = Callable[[date], bool]


class NotASchedule(ValueError):
    """The text is not a valid schedule. The message is a predicate: "must be …"."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a scheduled action runs, in its own time zone."""

    kind: str
    """``cron``, ``at`` or ``rate``."""
    once: datetime | None = None
    """The only time of ``at``."""
    every: timedelta | None = None
    """The interval of ``rate``."""
    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()
    is_day: _Days = lambda _day: False

    def times(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Yield its times from ``start`` to before ``end`` in order; all without a time zone.

        A rate starts one interval after ``start``.
        """
        if self.once is not None:
            if start <= self.once < end:
                yield self.once
        elif self.every is not None:
            moment = start + self.every
            while moment < end:
                yield moment
                moment += self.every
        else:
            yield from self._cron_times(start, end)

    def _cron_times(self, start: datetime, end: datetime) -> Iterator[datetime]:
        day = start.date()
        while day <= end.date():
            if self.is_day(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        moment = datetime(day.year, day.month, day.day, hour, minute)
                        if start <= moment < end:
                            yield moment
            day += timedelta(days=1)


def parse_schedule(text: str) -> Schedule:
    """Return the schedule in ``text``. Raises NotASchedule."""
    call = _CALL.fullmatch(text)
    if call is None:
        raise NotASchedule(_("must be cron(…), at(…), or rate(…)"))
    kind, inside = call.groups()
    if kind == "at":
        return _at(inside)
    return _rate(inside) if kind == "rate" else _cron(inside)


def _at(inside: str) -> Schedule:
    try:
        return Schedule("at", once=datetime.strptime(inside, "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        raise NotASchedule(_("must be a time such as at(2027-01-31T20:00:00)")) from None


def _rate(inside: str) -> Schedule:
    found = _RATE.fullmatch(inside)
    # AWS wants "1 hour" and "2 hours".
    if found is None or (found[1] == "1") == bool(found[3]):
        raise NotASchedule(_("must be a rate such as rate(1 hour) or rate(12 hours)"))
    return Schedule("rate", every=timedelta(seconds=int(found[1]) * _UNITS[found[2]]))


def _cron(inside: str) -> Schedule:
    # AWS takes the names of months and days in lower case, too.
    fields = inside.upper().split()
    if len(fields) != _FIELDS:
        raise NotASchedule(
            _("must have six fields: cron(minutes hours day-of-month month day-of-week year)")
        )
    minutes, hours, days, months, weekdays, years = fields
    if (days == "?") == (weekdays == "?"):
        raise NotASchedule(_("must have ? in one of its fields for day of month and day of week"))
    in_months = _numbers(months, 1, 12, _("month"), _MONTHS)
    in_years = _numbers(years, YEAR_MIN, YEAR_MAX, _("year"))
    is_day = _weekdays(weekdays) if days == "?" else _month_days(days)
    return Schedule(
        "cron",
        minutes=_numbers(minutes, 0, 59, _("minutes")),
        hours=_numbers(hours, 0, 23, _("hours")),
        is_day=lambda day: day.month in in_months and day.year in in_years and is_day(day),
    )


def _month_days(field: str) -> _Days:
    if field == "L":
        return lambda day: day.day == _last(day)
    if found := re.fullmatch(r"([1-9]|[12][0-9]|3[01])W", field):
        wanted = int(found[1])
        return lambda day: day == _nearest_weekday(day, wanted)
    numbers = _numbers(field, 1, 31, _("day of month"))
    return lambda day: day.day in numbers


def _weekdays(field: str) -> _Days:
    if field == "L":
        return lambda day: _weekday(day) == _LAST_WEEKDAY
    if found := re.fullmatch(r"([1-7]|[A-Z]{3})#([1-5])", field):
        wanted, turn = _number(found[1], 1, 7, _("day of week"), _WEEKDAYS), int(found[2])
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == turn
    if found := re.fullmatch(r"([1-7]|[A-Z]{3})L", field):
        wanted = _number(found[1], 1, 7, _("day of week"), _WEEKDAYS)
        return lambda day: _weekday(day) == wanted and day.day + 7 > _last(day)
    numbers = _numbers(field, 1, 7, _("day of week"), _WEEKDAYS)
    return lambda day: _weekday(day) in numbers


def _weekday(day: date) -> int:
    """Return the day of the week from 1 (Sunday) to 7."""
    return day.isoweekday() % 7 + 1


def _last(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, wanted: int) -> date | None:
    """Return the weekday nearest to a day of the month of ``day``, in the same month."""
    last = _last(day)
    if wanted > last:
        return None
    nearest = day.replace(day=wanted)
    if nearest.isoweekday() == 6:
        return nearest + timedelta(days=2 if wanted == 1 else -1)
    if nearest.isoweekday() == 7:
        return nearest + timedelta(days=-2 if wanted == last else 1)
    return nearest


def _numbers(
    field: str, low: int, high: int, what: str, names: tuple[str, ...] = ()
) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        stepped = _STEP.fullmatch(part)
        span, step = (stepped["range"], int(stepped["step"])) if stepped else (part, 1)
        first, dash, last = span.partition("-")
        if first == "*" and not dash:
            begin, end = low, high
        else:
            begin = _number(first, low, high, what, names)
            end = _number(last, low, high, what, names) if dash else begin
            # "0/15" means every 15 minutes from 0.
            end = high if stepped and not dash else end
        if end < begin:
            raise _bad_field(part, what)
        found |= {*range(begin, end + 1, step)}
    return frozenset(found)


def _number(text: str, low: int, high: int, what: str, names: tuple[str, ...]) -> int:
    value = low + names.index(text) if text in names else -1
    if re.fullmatch(r"[0-9]{1,4}", text):
        value = int(text)
    if not low <= value <= high:
        raise _bad_field(text, what)
    return value


def _bad_field(text: str, what: str) -> NotASchedule:
    return NotASchedule(
        _("has {text} in its field {field}, which gpuecs-tui does not understand").format(
            text=text, field=what
        )
    )
