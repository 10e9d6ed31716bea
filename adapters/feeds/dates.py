"""Dates and times as institutions write them, to FHIR `date`, `dateTime` and `instant`.

Known: 19630504, 1963-05-04, 1963/5/4, 1963.5.4, 1963年5月4日, each with a time (`8:35`, `083500`, `T08:35:00Z`),
months and years alone. A time without an offset gets the source's zone; what is no date of the calendar is None.
"""

import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

_SEPARATED = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})\s*日?|\s*月)?")
_COMPACT = re.compile(r"^(\d{4})(?:(\d\d)(\d\d)?)?(?!\d*[-/.年])")
_TIME = re.compile(r"^[T\s]*(\d{1,2})[:时点]?(\d\d)分?(?:[:]?(\d\d)秒?(\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?$")
_MIDNIGHT = re.compile(r"^[0:T. ]+$")


def fhir_date(text: str) -> str | None:
    """The day (or month, or year) that a text begins with; None where it isn't one."""
    found = _split(text)
    if not found or (found[1] and not _TIME.match(found[1]) and not _MIDNIGHT.match(found[1])):
        return None
    return found[0]


def fhir_datetime(text: str, zone: str) -> str | None:
    """A FHIR dateTime: with time and offset where the text has a time, else the date alone."""
    found = _split(text)
    if not found:
        return None
    day, rest = found
    if not rest or len(day) < 10:
        return day
    match = _TIME.match(rest)
    if not match:
        return day if _MIDNIGHT.match(rest) else None
    hour, minute, second, fraction, offset = match.groups()
    written = f"{day}T{int(hour):02d}:{minute}:{second or '00'}"
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    written += fraction or ""
    return _with_offset(written, offset, moment, zone)


def _with_offset(written: str, offset: str | None, moment: datetime, zone: str) -> str | None:
    """A dateTime with the offset that it came with, `+0800` or `+08:00`, or its zone's; None for an impossible one."""
    if offset is None:
        return written + _offset(moment, zone)
    if offset != "Z" and ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    return written + offset if offset == "Z" or (offset[1:3] < "14" and offset[4:] <= "59") else None


def fhir_instant(text: str, zone: str) -> str | None:
    """A FHIR instant; a date alone counts from midnight in the zone."""
    found = fhir_datetime(text, zone)
    if found and len(found) == 10:
        return f"{found}T00:00:00{_offset(datetime.fromisoformat(found), zone)}"
    return found if found and len(found) > 10 else None


def in_order(start: str, end: str) -> bool:
    """Whether a period may run from one FHIR dateTime to another (R4 per-1)."""
    if len(start) > 10 and len(end) > 10:
        return datetime.fromisoformat(start) <= datetime.fromisoformat(end)
    length = min(len(start), len(end), 10)
    return start[:length] <= end[:length]


def _split(text: str) -> tuple[str, str] | None:
    text = unicodedata.normalize("NFKC", text).strip()
    match = _SEPARATED.match(text) or _COMPACT.match(text)
    if not match:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    if not 1850 <= year <= 2150 or (day and not month):
        return None
    written = f"{year:04d}" + (f"-{month:02d}" if month else "") + (f"-{day:02d}" if day else "")
    return written, text[match.end() :].strip()


def _offset(moment: datetime, zone: str) -> str:
    written = moment.replace(tzinfo=_zone(zone)).strftime("%z")
    return f"{written[:3]}:{written[3:5]}"


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
