"""Dates as institutions write them."""

import pytest

from adapters.feeds.dates import fhir_date, fhir_datetime, fhir_instant

ZONE = "Asia/Shanghai"


@pytest.mark.parametrize(
    "written", ["19630504", "1963-05-04", "1963/5/4", "1963.5.4", "1963年5月4日", "１９６３-05-04"]
)
def test_a_day_is_a_day_however_it_is_written(written: str) -> None:
    assert fhir_date(written) == "1963-05-04"


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("20260401102500", "2026-04-01T10:25:00+08:00"),
        ("2026-04-01T10:25:00Z", "2026-04-01T10:25:00Z"),
        ("2026-04-01 10:25:00.123+0900", "2026-04-01T10:25:00.123+09:00"),
        ("2026年4月1日 9时05分", "2026-04-01T09:05:00+08:00"),
        ("1988-07-01 00:00", "1988-07-01T00:00:00+09:00"),
        ("19630500", "1963-05"),
        ("2026-04", "2026-04"),
        ("2026", "2026"),
    ],
)
def test_a_time_gets_the_zone_of_its_source_in_force_that_day(written: str, wanted: str) -> None:
    assert fhir_datetime(written, ZONE) == wanted


@pytest.mark.parametrize(
    "written",
    [
        "",
        "20250229",
        "20260015",
        "2026-04-01 10:00+99:00",
        "2026-13-01",
        "62岁",
        "37020200100100101",
        "2026-04-01 25:00",
        "昨天",
        "0001-01-01",
    ],
)
def test_what_is_no_date_is_none(written: str) -> None:
    assert fhir_datetime(written, ZONE) is None
    assert fhir_date(written.partition(" ")[0]) is None or " " in written
    assert fhir_instant(written, ZONE) is None
