"""What tests about consent start from: cards, people at work, rows of the record put there directly."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from consent.actor import Actor
from consent.card_authority import Authority
from consent.card_shares import PAUSE, Shares
from consent.soft_card import SoftCard
from fhir_profiles import instant
from record_store.database import cursor, unit_of_work
from tests.conftest import Database

PIN = "246810"
SECRET = b"s" * 32


@dataclass
class Wallet:
    """An authority, and the cards it issued."""

    database: Database
    authority: Authority
    now: datetime

    def card(self, resident: int, pin: str = PIN) -> SoftCard:
        return self.card_and_puk(resident, pin)[0]

    def card_and_puk(self, resident: int, pin: str = PIN) -> tuple[SoftCard, str]:
        with unit_of_work(self.database.engine) as connection:
            issued = self.authority.issue(cursor(connection), resident, pin, self.now, iterations=1000)
        return SoftCard(issued.file, Shares(self.database.engine, pause=PAUSE * 0)), issued.puk


@pytest.fixture
def wallet(database: Database, tmp_path: Path) -> Wallet:
    now = instant.now()
    authority = Authority.open(tmp_path / "authority", now)
    with unit_of_work(database.engine) as connection:
        authority.publish(cursor(connection), now)
    return Wallet(database, authority, now)


@pytest.fixture
def owner(database: Database) -> Callable[..., list[tuple[Any, ...]]]:
    """Runs one statement as the owner of the tables: what somebody does behind the application's back."""
    import psycopg2

    def run(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        with psycopg2.connect(database.owner_url) as connection, connection.cursor() as own:
            own.execute(statement, parameters)
            rows = own.fetchall() if own.description else []
        connection.close()
        return rows

    return run


def clinician(**changes: Any) -> Actor:
    facts: dict[str, Any] = {
        "subject": "doctor-b",
        "role": "clinician",
        "display": "王医生",
        "organisation": "HOSPITAL-B",
        "department": "03",
        "purpose": "TREAT",
        "scopes": ("user/*.rs",),
    }
    return Actor(**{**facts, **changes})


def resident(own: int, **changes: Any) -> Actor:
    facts: dict[str, Any] = {
        "subject": f"resident-{own}",
        "role": "resident",
        "resident_id": own,
        "purpose": "PATRQT",
        "scopes": ("patient/*.cruds",),
    }
    return Actor(**{**facts, **changes})


def authority(**changes: Any) -> Actor:
    facts: dict[str, Any] = {
        "subject": "cdc",
        "role": "authority",
        "organisation": "CDC",
        "purpose": "PUBHLTH",
        "scopes": ("system/*.rs",),
    }
    return Actor(**{**facts, **changes})
