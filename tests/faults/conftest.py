"""What all channels promise about bad input, and the inbox of the city behind its back."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg2
import pytest

from record_store import embedded
from tests.city import City

_INSIDES = re.compile(
    r"Traceback|File \"|\.py\b|[a-z]Error\b|Exception|psycopg2|sqlalchemy|pydantic|lxml|asyncio|\"detail\"",
    re.ASCII,
)


def calm(text: str, status: int = 0) -> None:
    """No fault of ours, and nothing of our insides."""
    assert status < 500, text[:500]
    assert _INSIDES.search(text) is None, text[:500]


def outcome(answer: httpx.Response, status: int, *, expression: str = "", reason: str = "") -> dict[str, Any]:
    """The answer is an OperationOutcome with this status; its first error has this place and coded reason."""
    calm(answer.text, answer.status_code)
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"].startswith("application/fhir+json")
    told = answer.json()
    assert told["resourceType"] == "OperationOutcome"
    issue: dict[str, Any] = told["issue"][0]
    assert issue["severity"] in ("error", "fatal")
    assert issue["diagnostics"]
    if expression:
        assert issue["expression"] == [expression]
    if reason:
        assert issue["details"]["coding"][0]["code"] == reason
    return issue


@dataclass(frozen=True)
class Ledger:
    """The database of the city, as its owner sees it."""

    url: str

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask."""
        connection = psycopg2.connect(self.url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def settled(self, where: str, *values: object, seconds: float = 30) -> tuple[str, set[str]]:
        """State and coded reasons of the one inbox row, once it is no longer waiting. The original must be there."""
        statement = (
            "select state, array(select jsonb_path_query(issues, '$[*].reason') #>> '{}'), length(payload)"
            f" from inbox where {where} order by id desc limit 1"
        )
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.rows(statement, *values)
            if found and found[0][0] != "waiting":
                state, reasons, size = found[0]
                assert size > 0
                return str(state), set(reasons)
            time.sleep(0.1)
        raise AssertionError(f"not settled: {self.rows(statement, *values)}")


@pytest.fixture(scope="session")
def ledger(city: City) -> Iterator[Ledger]:
    with embedded.running(city.folder) as server:
        yield Ledger(server.owner_url)
