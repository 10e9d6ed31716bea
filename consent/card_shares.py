"""The counting server of soft cards: holds each card's share, and counts tries before it compares."""

import hashlib
import hmac
from datetime import timedelta

from sqlalchemy import Engine

from consent.citizen_card import TRIES, CardLocked, WrongPin
from consent.notices import tell
from fhir_profiles import instant
from fhir_profiles.outcome import Forbidden, Throttled
from record_store.database import cursor as cursor_of
from record_store.database import unit_of_work

UNBLOCK_TRIES = 10
PAUSE = timedelta(seconds=1)
"""Between two tries with one card: a person needs longer to type."""


class Shares:
    """Each try is a transaction of its own, counted even when whoever tried goes away."""

    def __init__(self, engine: Engine, pause: timedelta = PAUSE) -> None:
        self._engine = engine
        self._pause = pause

    def attempt(self, serial: str, authenticator: bytes) -> bytes:
        """The share, for the right authenticator. WrongPin, CardLocked, Throttled (too fast, not counted), or
        Forbidden for a card that is not in force."""
        now = instant.now()
        with unit_of_work(self._engine) as connection, cursor_of(connection) as cursor:
            cursor.execute(
                "select state, share, verifier, attempts, last_attempt, resident from card"
                " where serial = %(serial)s for update",
                {"serial": serial},
            )
            row = cursor.fetchone()
            if row is None or row[0] == "revoked":
                raise Forbidden("This card is not in force", reason="card-not-active")
            state, share, verifier, attempts, last, resident = row
            if state == "locked":
                raise CardLocked
            if last and attempts < TRIES and now - last < self._pause:
                raise Throttled("Wait a second before the next try", reason="card-too-fast")
            right = hmac.compare_digest(hashlib.sha256(authenticator).digest(), bytes(verifier))
            left = TRIES if right else attempts - 1
            cursor.execute(
                "update card set attempts = %(left)s, last_attempt = %(now)s,"
                " state = case when %(left)s = 0 then 'locked' else state end where serial = %(serial)s",
                {"left": left, "now": now, "serial": serial},
            )
            if left == 0:
                tell(cursor, resident, "card-locked", now)
        if right:
            return bytes(share)
        raise WrongPin(left) if left else CardLocked

    def retries(self, serial: str) -> int:
        """Tries left; 0 for a card that is locked or not in force."""
        with unit_of_work(self._engine) as connection, cursor_of(connection) as cursor:
            cursor.execute(
                "select attempts from card where serial = %(serial)s and state = 'active'", {"serial": serial}
            )
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def unblock(self, serial: str, puk: str) -> None:
        """Give a locked card its tries back. Ten wrong PUKs end that for ever; then the card is replaced."""
        with unit_of_work(self._engine) as connection, cursor_of(connection) as cursor:
            cursor.execute(
                "select unblock, unblock_attempts from card where serial = %(serial)s and state <> 'revoked' for update",
                {"serial": serial},
            )
            row = cursor.fetchone()
            if row is None or row[1] == 0:
                raise Forbidden("This card can't be unblocked; it must be replaced", reason="card-not-active")
            right = hmac.compare_digest(unblock_digest(serial, puk), bytes(row[0]))
            cursor.execute(
                "update card set state = 'active', attempts = %(tries)s, unblock_attempts = %(unblocks)s"
                " where serial = %(serial)s"
                if right
                else "update card set unblock_attempts = unblock_attempts - 1 where serial = %(serial)s",
                {"serial": serial, "tries": TRIES, "unblocks": UNBLOCK_TRIES},
            )
        if not right:
            raise Forbidden("The PUK is wrong", reason="card-puk-wrong")


def unblock_digest(serial: str, puk: str) -> bytes:
    """What the server keeps of a PUK (twelve letters and digits by chance, so one digest suffices)."""
    return hashlib.sha256(f"{serial}:{puk}".encode()).digest()
