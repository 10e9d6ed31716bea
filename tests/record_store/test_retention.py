"""Old feed entries and the originals of finished messages go; the record, and what may be retried, stays."""

from datetime import timedelta

from fhir_profiles.outcome import Issue
from record_store import inbox
from record_store.database import cursor, unit_of_work
from record_store.inbox import Arrival
from record_store.retention import Periods, Released, release
from tests.conftest import Database
from tests.record_store.drafts import NOW, draft, observation, rows, store

DAY = timedelta(days=1)


def released(database: Database, periods: Periods, after: timedelta) -> Released:
    with unit_of_work(database.engine, "hie_writer") as connection:
        return release(cursor(connection), periods, NOW + after)


def test_the_feed_forgets_and_the_record_does_not(database: Database) -> None:
    store(database, draft(observation(1, value="1")))
    store(database, draft(observation(1, value="2")), now=NOW + 9 * DAY)
    assert released(database, Periods(changes=5 * DAY), 10 * DAY) == Released(changes=1)
    assert rows(database, "select version from change") == [(2,)]
    assert rows(database, "select count(*) from resource_history") == [(1,)]


def test_finished_originals_go_and_their_duplicates_are_still_known(database: Database) -> None:
    bad = Issue("structure", "no type")
    arrivals = [Arrival(1, "mllp", "M1", b"good"), Arrival(1, "mllp", "M2", b"bad", issues=[bad])]
    with unit_of_work(database.engine, "hie_writer") as connection:
        receipts = inbox.receive(cursor(connection), arrivals, NOW)
        inbox.finish(cursor(connection), [receipts[0].id], NOW)
    assert released(database, Periods(payloads=5 * DAY), 4 * DAY).payloads == 0
    assert released(database, Periods(payloads=5 * DAY), 6 * DAY).payloads == 1
    assert rows(database, "select state from inbox where octet_length(payload) = 0") == [("done",)]
    with unit_of_work(database.engine) as connection:
        (again,) = inbox.receive(cursor(connection), arrivals[:1], NOW)
    assert again.duplicate


def test_without_periods_nothing_goes(database: Database) -> None:
    store(database, draft(observation(1)))
    assert released(database, Periods(changes=None), 9999 * DAY) == Released()
