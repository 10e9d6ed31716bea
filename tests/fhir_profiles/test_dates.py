"""A date stands for all the time it may mean."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_profiles.dates import EARLIEST, LATEST, interval


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("2023", "2022-12-31T16:00:00", "2023-12-31T16:00:00"),
        ("2023-12", "2023-11-30T16:00:00", "2023-12-31T16:00:00"),
        ("2024-02", "2024-01-31T16:00:00", "2024-02-29T16:00:00"),
        ("2024-02-29", "2024-02-28T16:00:00", "2024-02-29T16:00:00"),
        ("2023-01-01T10:00:00+08:00", "2023-01-01T02:00:00", "2023-01-01T02:00:01"),
        ("2023-01-01T10:00:00.5Z", "2023-01-01T10:00:00.500000", "2023-01-01T10:00:00.600000"),
        ("2023-01-01T10:00:00.123456789Z", "2023-01-01T10:00:00.123456", "2023-01-01T10:00:00.123457"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00", "2017-01-01T00:00:01"),
    ],
)
def test_precision_makes_the_interval(written: str, low: str, high: str) -> None:
    expected = tuple(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (low, high))
    assert interval(written) == expected


@pytest.mark.parametrize(
    ("written", "end"), [("9999-12-31", LATEST), ("9999", LATEST), ("0001-01-01", EARLIEST)]
)
def test_the_ends_of_the_calendar_do_not_overflow(written: str, end: datetime) -> None:
    assert interval(written) == (end, end)


@pytest.mark.parametrize("written", ["", "yesterday", "2023-13", "2023-02-30", "20230101", "2023-01-01Tx"])
def test_what_is_no_date_has_no_interval(written: str) -> None:
    assert interval(written) is None


@given(st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001
def test_a_day_holds_all_its_instants(moment: datetime) -> None:
    day = interval(moment.date().isoformat())
    instant = interval(moment.replace(microsecond=0).isoformat() + "+08:00")
    assert day is not None
    assert instant is not None
    assert day[0] <= instant[0] < instant[1] <= day[1]
    assert day[1] - day[0] == timedelta(days=1)
