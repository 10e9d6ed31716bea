import hashlib
import subprocess
import sys
from datetime import date, timedelta

from hie.operations.city.city import City, build_city

DIGEST = """
import hashlib
from datetime import date
from hie.operations.city.city import build_city
content = b"".join(message for feed in build_city(7, 60, date(2026, 11, 24)).feeds for message in feed.messages())
print(hashlib.sha256(content).hexdigest())
"""


def digest(city: City) -> str:
    return hashlib.sha256(b"".join(message for feed in city.feeds for message in feed.messages())).hexdigest()


def test_the_same_seed_and_day_give_the_same_bytes_in_another_process(city: City) -> None:
    told = subprocess.run(
        [sys.executable, "-c", DIGEST],
        env={"PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == digest(city)


def test_another_seed_gives_another_city(city: City) -> None:
    assert digest(build_city(8, 60, city.today)) != digest(city)


def test_more_residents_leave_the_first_ones_as_they_are(city: City) -> None:
    larger = build_city(7, 80, city.today)
    assert larger.people[:59] == city.people[:59]


def test_a_day_later_everybody_is_a_day_older(city: City) -> None:
    later = build_city(7, 60, city.today + timedelta(days=1))
    assert [person.birth - timedelta(days=1) for person in later.people] == [
        person.birth for person in city.people
    ]


def test_no_residents_make_an_empty_city_with_all_its_feeds() -> None:
    empty = build_city(7, 0, date(2026, 11, 24))
    assert empty.people == ()
    assert len(empty.feeds) == 8
    assert [message for feed in empty.feeds for message in feed.messages()] == []
