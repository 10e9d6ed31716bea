"""FHIR dates as intervals of instants: what a date search compares (FHIR R4 search §3.1.1.4.7).

A date stands for all the time it may mean: `2023` is a year, `2023-05-04` a day, a time with seconds a second.
Where no zone is written the region's holds: China keeps one, without summer time.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

ZONE: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The zone of dates that name none."""

EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 30, tzinfo=UTC)

Interval = tuple[datetime, datetime]


def interval(text: str) -> Interval | None:
    """`[low, high)` in UTC of a FHIR date, dateTime or instant; None for what is none of these.

    Dates at the ends of the calendar are clamped to `EARLIEST` and `LATEST`.
    """
    try:
        return _interval(text)
    except OverflowError:
        return (LATEST, LATEST) if text[:1] == "9" else (EARLIEST, EARLIEST)
    except ValueError:
        return None


def _interval(text: str) -> Interval:
    length = len(text)
    if length > 10:
        return _moment(text)
    if length == 10:
        low = datetime.fromisoformat(text).replace(tzinfo=ZONE)
        high = low + timedelta(days=1)
    elif length == 7:
        low = datetime(int(text[:4]), int(text[5:]), 1, tzinfo=ZONE)
        high = (low + timedelta(days=31)).replace(day=1)
    else:
        low = datetime(int(text), 1, 1, tzinfo=ZONE)
        high = (low + timedelta(days=366)).replace(day=1, month=1)
    return low.astimezone(UTC), high.astimezone(UTC)


def _moment(text: str) -> Interval:
    leap = text[17:19] == "60"
    low = datetime.fromisoformat(f"{text[:17]}59{text[19:]}" if leap else text)
    if low.tzinfo is None:
        low = low.replace(tzinfo=ZONE)
    low = low.astimezone(UTC) + timedelta(seconds=leap)
    if text[16:17] != ":":
        return low, low + timedelta(minutes=1)
    if text[19:20] != ".":
        return low, low + timedelta(seconds=1)
    digits = len(text[20:]) - len(text[20:].lstrip("0123456789"))
    return low, low + timedelta(microseconds=10 ** max(0, 6 - digits))
