import pytest

from hie.operations.bench.figures import Figure, Timing, as_json


def test_a_figure_says_how_much_of_the_limit_is_reached() -> None:
    figure = Figure("read", "requests/s", 500.0, "empty request", 2000.0)
    assert figure.ratio == 0.25
    assert Figure("alone", "requests/s", 500.0, "", 0.0).ratio == 0.0


def test_a_timing_gives_rate_median_and_the_slow_ones() -> None:
    timing = Timing(2.0, [0.010] * 95 + [0.100] * 5)
    assert timing.rate == 50.0
    assert timing.details == pytest.approx({"requests": 100, "median_ms": 10.0, "p95_ms": 100.0})


def test_json_carries_every_figure_with_its_ratio_and_four_digits() -> None:
    told = as_json(
        [Figure("read", "requests/s", 123.456, "empty request", 1000.0, {"p95_ms": 1.23456})], {"cores": 2}
    )
    assert told == {
        "machine": {"cores": 2},
        "figures": [
            {
                "name": "read",
                "unit": "requests/s",
                "rate": 123.5,
                "limit_name": "empty request",
                "limit": 1000.0,
                "details": {"p95_ms": 1.235},
                "ratio": 0.1235,
            }
        ],
    }
