"""When a rule's schedule fires next, in UTC.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html. Six cron
fields (minutes hours day-of-month month day-of-week year); one of the two day fields must be `?`; Sunday is
day 1.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from local.errors import DeploymentRejected

_MONTHS = {
    name: i
    for i, name in enumerate(("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1)
}
_DAYS = {name: i for i, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def next_fire(expression: str, created: datetime, after: datetime) -> datetime | None:
    """The first firing later than `after`, or None if there is none. Rates count from the rule's creation.

    Raises DeploymentRejected for an expression EventBridge would not accept.
    """
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)(s?)\)", expression)
    if rate:
        count, unit, plural = int(rate[1]), rate[2], rate[3]
        if count < 1 or (count == 1) == bool(plural):
            raise DeploymentRejected(f"{expression}: 1 takes the singular, more take the plural, 0 is no rate")
        period = count * _UNITS[unit]
        return created + ((after - created) // period + 1) * period
    cron = re.fullmatch(r"cron\((.*)\)", expression)
    fields = cron[1].split() if cron else []
    if len(fields) != 6:
        raise DeploymentRejected(f"{expression}: neither rate(…) nor a cron(…) with six fields")
    return _next_cron(expression, fields, after)


def _next_cron(expression: str, fields: list[str], after: datetime) -> datetime | None:
    minutes = _values(expression, fields[0], 0, 59)
    hours = _values(expression, fields[1], 0, 23)
    months = _values(expression, fields[3], 1, 12, _MONTHS)
    years = _values(expression, fields[5], 1970, 2199)
    if (fields[2] == "?") == (fields[4] == "?"):
        raise DeploymentRejected(f"{expression}: exactly one of day-of-month and day-of-week must be ?")
    moment = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    day = moment.date()
    # A schedule may be years away (29 February); ten years of days is a quick look.
    for _ in range(3660):
        if day.year in years and day.month in months and day.day in _days(expression, fields, day.year, day.month):
            for hour in sorted(hours):
                for minute in sorted(minutes):
                    candidate = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
                    if candidate >= moment:
                        return candidate
        day += timedelta(days=1)
    return None


def _days(expression: str, fields: list[str], year: int, month: int) -> set[int]:
    last = monthrange(year, month)[1]
    by_date, by_weekday = fields[2], fields[4]
    if by_weekday == "?":
        if by_date == "L":
            return {last}
        if "W" in by_date:
            raise DeploymentRejected(f"{expression}: the W of day-of-month is not modelled here")
        return _values(expression, by_date, 1, 31)
    days = {day: (date(year, month, day).isoweekday() % 7) + 1 for day in range(1, last + 1)}
    nth = re.fullmatch(r"(\w+)#([1-5])", by_weekday)
    if nth:
        weekdays = _values(expression, nth[1], 1, 7, _DAYS)
        return {d for d, weekday in days.items() if weekday in weekdays and (d - 1) // 7 + 1 == int(nth[2])}
    if by_weekday.endswith("L") and len(by_weekday) > 1:
        weekdays = _values(expression, by_weekday[:-1], 1, 7, _DAYS)
        return {d for d, weekday in days.items() if weekday in weekdays and d + 7 > last}
    weekdays = {7} if by_weekday == "L" else _values(expression, by_weekday, 1, 7, _DAYS)
    return {d for d, weekday in days.items() if weekday in weekdays}


def _values(expression: str, field: str, low: int, high: int, names: dict[str, int] | None = None) -> set[int]:
    values: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        try:
            start = low if first == "*" else (names or {}).get(first.upper()) or int(first)
            end = (names or {}).get(last.upper()) or int(last) if last else (high if first == "*" or step else start)
            stride = int(step) if step else 1
        except ValueError:
            raise DeploymentRejected(f"{expression}: cannot read {part!r}") from None
        if not low <= start <= high or not low <= end <= high or stride < 1:
            raise DeploymentRejected(f"{expression}: {part!r} is out of range {low}-{high}")
        values.update(range(start, end + 1, stride))
    return values
