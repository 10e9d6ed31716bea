"""Signing in with a card, in the manner of Web eID: a nonce once, for one browser, under a signature that names us.

The card signs SHA-256(origin) ‖ SHA-256(nonce): a page elsewhere can pass our nonce on, but not make a browser that
shows its own address sign ours.
"""

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from consent import audit
from consent.card_trust import Holder, accept
from consent.citizen_card import CardToken
from consent.signature_suites import INTERNATIONAL
from fhir_profiles import instant
from fhir_profiles.outcome import Forbidden, Invalid, Throttled
from record_store.database import cursor as cursor_of
from record_store.database import unit_of_work

NONCE_BYTES = 32
GOOD_FOR = timedelta(minutes=5)
MOST_WAITING = 20
"""Challenges that one browser session may have open."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser sends back: base64 (standard alphabet) of the leaf certificate (DER), the nonce as it was
    given, and base64 of the signature."""

    certificate: str
    nonce: str
    signature: str


class SignIn:
    """`issuers` are the authorities' certificates (DER); `origin` is ours, as browsers write it."""

    def __init__(self, engine: Engine, issuers: tuple[bytes, ...], origin: str) -> None:
        self._engine = engine
        self._issuers = issuers
        self._origin = origin

    def challenge(self, browser: str) -> str:
        """A nonce for this browser session (base64url, 256 bits), good for five minutes and one answer."""
        now = instant.now()
        nonce = os.urandom(NONCE_BYTES)
        with unit_of_work(self._engine) as connection, cursor_of(connection) as cursor:
            cursor.execute("delete from sign_in_challenge where until < %(now)s", {"now": now})
            cursor.execute(
                "select count(*) from sign_in_challenge where browser = %(browser)s",
                {"browser": _digest(browser)},
            )
            if cursor.fetchone()[0] >= MOST_WAITING:
                raise Throttled("Too many sign-ins were begun; wait five minutes", reason="sign-in-too-many")
            cursor.execute(
                "insert into sign_in_challenge (nonce, browser, origin, issued, until) values"
                " (%(nonce)s, %(browser)s, %(origin)s, %(now)s, %(until)s)",
                {
                    "nonce": _digest_of(nonce),
                    "browser": _digest(browser),
                    "origin": self._origin,
                    "now": now,
                    "until": now + GOOD_FOR,
                },
            )
        return base64.urlsafe_b64encode(nonce).decode().rstrip("=")

    def verify(self, answer: Answer, browser: str) -> Holder:
        """Who signed. The nonce is spent whatever comes of it. Forbidden or Invalid, coded, when anything is amiss."""
        now = instant.now()
        nonce, certificate, signature = _decoded(answer)
        self._spend(nonce, browser, now)
        with unit_of_work(self._engine) as connection, cursor_of(connection) as cursor:
            holder = accept(cursor, self._issuers, certificate, now)
            if not INTERNATIONAL.verify(holder.public_key, to_sign(self._origin, nonce), signature):
                raise Forbidden("The signature does not fit this page", reason="card-signature")
            audit.record(cursor, signed_in(holder, now))
        return holder

    def _spend(self, nonce: bytes, browser: str, now: datetime) -> None:
        with unit_of_work(self._engine) as connection, cursor_of(connection) as cursor:
            cursor.execute(
                "delete from sign_in_challenge where nonce = %(nonce)s returning browser, origin, until",
                {"nonce": _digest_of(nonce)},
            )
            row = cursor.fetchone()
        if row is None or (bytes(row[0]), row[1]) != (_digest(browser), self._origin) or row[2] < now:
            raise Forbidden("This sign-in has expired; begin again", reason="sign-in-expired")


def to_sign(origin: str, nonce: bytes) -> bytes:
    """What the card signs: 64 bytes."""
    return _digest(origin) + _digest_of(nonce)


def answer(card: CardToken, origin: str, nonce: str) -> Answer:
    """What a browser does with a card whose PIN was verified, for tests and the command line."""
    signature = card.sign(to_sign(origin, _unpadded(nonce)))
    return Answer(
        certificate=base64.b64encode(card.certificates()[0]).decode(),
        nonce=nonce,
        signature=base64.b64encode(signature).decode(),
    )


def in_force(cursor: Any, serial: str) -> bool:
    """Whether a card still stands behind a session: asked whenever the session is used."""
    cursor.execute("select 1 from card where serial = %(serial)s and state <> 'revoked'", {"serial": serial})
    return cursor.fetchone() is not None


def signed_in(holder: Holder, now: datetime) -> audit.Line:
    """The line of the trace for a sign-in with the card."""
    return audit.Line(
        recorded=now,
        action="E",
        interaction="card-sign-in",
        subject=f"card:{holder.serial}",
        role="resident",
        purpose="PATRQT",
        basis="policy:self",
        resident=holder.resident,
    )


def _decoded(answer: Answer) -> tuple[bytes, bytes, bytes]:
    try:
        certificate = base64.b64decode(answer.certificate, validate=True)
        return _unpadded(answer.nonce), certificate, base64.b64decode(answer.signature, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("The card's answer is not base64", reason="sign-in-unreadable") from error


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _digest(text: str) -> bytes:
    return _digest_of(text.encode())


def _digest_of(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()
