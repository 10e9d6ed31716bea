"""Sessions and tokens end when they must: idle, at twelve hours, at sign-out, and with their card."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from fhir_profiles import instant
from hie.auth import sessions, tokens
from hie.auth.claims import Claims
from record_store.database import cursor, unit_of_work
from tests.conftest import Database

SERIAL = "CARD-1"
WHO = Claims("resident:1", "resident", resident_id=1, patient="p", extra={"card": SERIAL})


@pytest.fixture
def cur(database: Database) -> Iterator[Any]:
    with unit_of_work(database.engine) as connection:
        cur = cursor(connection)
        _issue_card(cur)
        yield cur


def test_a_session_lives_while_it_is_used_and_ends_after_fifteen_idle_minutes(cur: Any) -> None:
    now = instant.now()
    token = sessions.open_session(cur, WHO, SERIAL, now)
    assert sessions.find(cur, token, now + timedelta(minutes=14))
    assert sessions.find(cur, token, now + timedelta(minutes=28))
    assert sessions.find(cur, token, now + timedelta(minutes=44)) is None


def test_a_session_ends_after_twelve_hours_however_busy(cur: Any) -> None:
    now = instant.now()
    token = sessions.open_session(cur, WHO, SERIAL, now)
    for minutes in range(10, 12 * 60, 10):
        assert sessions.find(cur, token, now + timedelta(minutes=minutes))
    assert sessions.find(cur, token, now + timedelta(hours=12, minutes=1)) is None


def test_signing_out_ends_the_session(cur: Any) -> None:
    token = sessions.open_session(cur, WHO, SERIAL, instant.now())
    sessions.end(cur, token, instant.now())
    assert sessions.find(cur, token, instant.now()) is None


def test_a_revoked_card_ends_its_sessions_and_its_tokens_at_once(cur: Any) -> None:
    now = instant.now()
    session = sessions.open_session(cur, WHO, SERIAL, now)
    access = tokens.issue(cur, "app", WHO, "patient/*.rs", now)
    assert sessions.find(cur, session, now)
    assert tokens.look_up(cur, access, now)
    cur.execute("update card set state = 'revoked' where serial = %s", (SERIAL,))
    assert sessions.find(cur, session, now) is None
    assert tokens.look_up(cur, access, now) is None


def test_expired_tokens_are_forgotten(cur: Any) -> None:
    now = instant.now()
    tokens.issue(cur, "app", WHO, "patient/*.rs", now - timedelta(hours=1))
    alive = tokens.issue(cur, "app", WHO, "patient/*.rs", now)
    assert tokens.forget_expired(cur, now) == 1
    assert tokens.look_up(cur, alive, now)


def _issue_card(cur: Any) -> None:
    cur.execute(
        "insert into card (serial, resident, certificate, share, verifier, unblock, attempts, unblock_attempts, issued)"
        " values (%(serial)s, 1, '', '', '', '', 6, 10, %(now)s)",
        {"serial": SERIAL, "now": instant.now()},
    )
