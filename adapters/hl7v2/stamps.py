"""Stamps of HL7v2 read as FHIR dateTime text: precision as it came, the source's zone where none is given.

HEURISTIC, seen in registration and RIS feeds: dates with dashes, slashes, dots or 年月日, and ISO 8601, are read too;
digits after the seconds are their fraction, with or without its point.
"""

import re
from datetime import UTC, datetime, time, timedelta, timezone
from datetime import date as Date
from functools import lru_cache
from zoneinfo import ZoneInfo

_COMPACT = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.?(\d{1,6}))?)?)?)?)?)?\s*(Z|[+-]\d\d:?\d\d)?$",
    re.ASCII,
)
_WRITTEN = re.compile(
    r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?(?:[T\s]*(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})(?:\.(\d{1,6}))?)?)?)?"
    r"[月日分秒]?\s*(Z|[+-]\d\d:?\d\d)?$",
    re.ASCII,
)


@lru_cache(maxsize=8192)
def parsed(text: str, zone: str) -> str | None:
    """FHIR dateTime text of a stamp, or None when it is none."""
    match = _COMPACT.match(text) or _WRITTEN.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    date = _date(year, month or "00", day or "00")
    if date is None or len(date) < 10 or not hour:
        return date
    if not (int(hour) < 24 and int(minute or 0) < 60 and int(second or 0) < 60):
        return date
    clock = time(int(hour), int(minute or 0), int(second or 0))
    local = datetime.combine(Date.fromisoformat(date), clock, _zone(offset, zone))
    text = f"{local:%Y-%m-%dT%H:%M:%S}{'.' + fraction[:3] if fraction else ''}{local:%z}"
    return f"{text[:-2]}:{text[-2:]}"


def _date(year: str, month: str, day: str) -> str | None:
    """Calendar date with the precision it has; 00 stands for a month or a day that is not known."""
    if not "1800" <= year <= "2200":
        return None
    if int(month) == 0:
        return year
    try:
        moment = Date(int(year), int(month), int(day) or 1)
    except ValueError:
        return None
    return f"{moment:%Y-%m-%d}" if int(day) else f"{moment:%Y-%m}"


def _zone(offset: str | None, zone: str) -> timezone | ZoneInfo:
    if offset is None:
        return ZoneInfo(zone)
    if offset == "Z":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours > 14 or minutes > 59:
        return ZoneInfo(zone)
    return timezone((1 if offset[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def ordered_period(start: str | None, end: str | None) -> dict[str, str] | None:
    """A Period of what there is; an end before its start is left out, since FHIR refuses it (per-1)."""
    if start and end and before(end, start):
        end = None
    found = {name: stamp for name, stamp in (("start", start), ("end", end)) if stamp}
    return found or None


def before(first: str, second: str) -> bool:
    """Whether one dateTime lies before another, as far as both are precise."""
    if "T" in first and "T" in second:
        return datetime.fromisoformat(first) < datetime.fromisoformat(second)
    length = min(len(first), len(second), 10)
    return first[:length] < second[:length]
