"""Single writes share commits, and each caller gets its own answer."""

import threading
from collections.abc import Sequence
from typing import Any

import psycopg2
import pytest

from fhir_profiles import ids
from fhir_profiles.outcome import PreconditionFailed
from record_store import ensure
from record_store.combine import Combiner
from record_store.database import Cursor, cursor, unit_of_work
from record_store.draft import Draft, Written
from record_store.write import write
from tests.conftest import Database
from tests.record_store.drafts import NOW, draft, observation, rows, store


def together(asked: Cursor, drafts: Sequence[Draft]) -> list[Written]:
    return write(asked, drafts, NOW)


def at_once(work: Any, number: int) -> list[Any]:
    """Call `work(n)` in as many threads; results or failures by n."""
    outcomes: list[Any] = [None] * number
    barrier = threading.Barrier(number)

    def run(n: int) -> None:
        barrier.wait()
        try:
            outcomes[n] = work(n)
        except Exception as failure:
            outcomes[n] = failure

    threads = [threading.Thread(target=run, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_everybody_gets_its_own_version(database: Database) -> None:
    combiner = Combiner(database.engine, "hie_writer", together)
    drafts = [draft(observation(number, value=str(number))) for number in range(1, 41)]
    written = at_once(lambda n: combiner.submit(drafts[n]), 40)
    assert [one.id for one in written] == [one.id for one in drafts]
    assert rows(database, "select count(*) from resource") == [(40,)]


def test_neighbours_share_a_transaction(database: Database) -> None:
    combiner = Combiner(database.engine, "hie_writer", together)
    at_once(lambda n: combiner.submit(draft(observation(n + 1), resident_id=n + 1)), 40)
    ((transactions,),) = rows(database, 'select count(distinct "transaction"::text) from change')
    assert transactions < 20


def test_one_that_fails_is_taken_out_alone(database: Database) -> None:
    store(database, draft(observation(1)))
    combiner = Combiner(database.engine, "hie_writer", together)
    wishes = [draft(observation(number, value="2")) for number in range(2, 20)]
    wishes.insert(7, draft(observation(1, value="2"), expected=9))
    outcomes = at_once(lambda n: combiner.submit(wishes[n]), len(wishes))
    assert [type(outcome) for outcome in outcomes].count(PreconditionFailed) == 1
    assert isinstance(outcomes[7], PreconditionFailed)
    assert rows(database, "select count(*) from resource where version = 1") == [(19,)]


def test_a_database_that_goes_away_fails_everybody_and_no_one_waits_for_ever(database: Database) -> None:
    def cut_off(asked: Cursor, _: Sequence[int]) -> list[int]:
        asked.execute("select pg_terminate_backend(pg_backend_pid())")
        return []

    combiner = Combiner(database.engine, None, cut_off)
    outcomes = at_once(combiner.submit, 8)
    assert all(isinstance(outcome, psycopg2.Error) for outcome in outcomes)


def test_one_that_asks_too_much_of_the_database_fails_alone(database: Database) -> None:
    def work(asked: Cursor, numbers: Sequence[int]) -> Sequence[int]:
        for number in numbers:
            asked.execute("set local statement_timeout = 50")
            asked.execute("select pg_sleep(%s)", (1 if number == 3 else 0,))
        return numbers

    combiner = Combiner(database.engine, None, work)
    outcomes = at_once(combiner.submit, 12)
    assert isinstance(outcomes[3], psycopg2.errors.QueryCanceled)
    assert [outcome for outcome in outcomes if not isinstance(outcome, Exception)] == [
        number for number in range(12) if number != 3
    ]


def test_requests_of_one_caller_each_get_their_own_outcome(database: Database) -> None:
    store(database, draft(observation(1)))
    combiner = Combiner(database.engine, "hie_writer", together)
    wishes = [draft(observation(number, value="2")) for number in range(2, 400)]
    wishes.insert(250, draft(observation(1, value="2"), expected=9))
    outcomes = combiner.submit_all(wishes)
    assert isinstance(outcomes.pop(250), PreconditionFailed)
    assert [type(outcome) for outcome in outcomes] == [Written] * 398
    assert combiner.submit_all([]) == []


@pytest.mark.parametrize("combined", [False, True])
def test_a_hundred_conditional_creates_make_exactly_one(database: Database, combined: bool) -> None:
    criteria = [("Observation", "identifier=urn:lab|A-1")]
    found = "select id::text from identifier_index where value = %s"

    def create(asked: Cursor, numbers: Sequence[int]) -> list[str]:
        ensure.hold(asked, criteria)
        answers = []
        for number in numbers:
            asked.execute(found, (ids.link("identifier", "A-1"),))
            known = asked.fetchall()
            if not known:
                named = observation(number + 1, identifier=[{"system": "urn:lab", "value": "A-1"}])
                write(asked, [draft(named, resident_id=number + 1)], NOW)
            answers.append("found" if known else "made")
        return answers

    def alone(number: int) -> str:
        with unit_of_work(database.engine, "hie_writer") as connection:
            return create(cursor(connection), [number])[0]

    combiner = Combiner(database.engine, "hie_writer", create)
    outcomes = at_once(combiner.submit if combined else alone, 100 if combined else 16)
    assert sorted(set(outcomes)) == ["found", "made"]
    assert outcomes.count("made") == 1
