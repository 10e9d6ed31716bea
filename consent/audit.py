"""The trace: one line for every look, refusal and change, durable before the answer leaves.

Lines are compact rows in the shape of IHE BALP AuditEvents (`audit_event_resource` renders them as FHIR). They hold
names of search parameters, never values; hashes and seals are `audit_seal`'s.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal

from psycopg2.extras import execute_values
from sqlalchemy import Engine

from consent.actor import Actor
from consent.notices import first_looks
from fhir_profiles.resource_types import NUMBER
from record_store.database import cursor as cursor_of
from record_store.database import unit_of_work

Action = Literal["C", "R", "U", "D", "E"]

DONE, REFUSED, FAILED = 0, 4, 8
"""AuditEvent.outcome: success, minor failure (the decision was no), serious failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the trace. The fields are the columns of `audit_event`, in its order.

    `residents` names all residents of a look at several, `resident` the one of a look at one; `type` is the number of
    the resource type (0: none); `target` the logical id; `query` the names of the parameters; `count` how many
    resources went out.
    """

    recorded: datetime
    action: Action
    interaction: str
    outcome: int = DONE
    reason: str = ""
    basis: str = ""
    purpose: str = ""
    subject: str
    role: str
    display: str = ""
    organisation: str = ""
    department: str = ""
    client: str = ""
    request: str = ""
    resident: int = 0
    residents: list[int] | None = None
    type: int = 0
    target: str = ""
    query: str = ""
    count: int = 0


COLUMNS = ", ".join(field.name for field in fields(Line))
INSERT = f"insert into audit_event ({COLUMNS}) values %s"
LONGEST_TEXT = 500
MOST_IN_LINE = 1000
"""Residents that one line names; a larger look gets several lines."""


def line(actor: Actor, now: datetime, action: Action, interaction: str, **more: Any) -> Line:
    """A line about what `actor` does; `more` are further fields of `Line`, with `type_name` for the type."""
    type_name = more.pop("type_name", None)
    return Line(
        recorded=now,
        action=action,
        interaction=interaction,
        purpose=actor.purpose,
        subject=actor.subject,
        role=actor.role,
        display=actor.display,
        organisation=actor.organisation,
        department=actor.department,
        client=actor.client_id,
        request=actor.request_id,
        type=NUMBER.get(type_name or "", 0),
        **more,
    )


def record(cursor: Any, *lines: Line) -> None:
    """Write lines in the caller's transaction: the trace of a change stands or falls with the change."""
    rows = [
        tuple(_plain(getattr(part, field.name)) for field in fields(Line))
        for whole in lines
        for part in _parts(whole)
    ]
    execute_values(cursor, INSERT, rows, page_size=1000)


class Trail:
    """Writes lines in transactions of their own, before the answer; requests that wait together commit together.

    Whoever comes while a commit runs leaves its line for the next one, which the first of the waiting carries out for
    all: no thread of its own, one disk sync for a crowd.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._gate = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Entry] = []
        self._known: set[tuple[int, str]] = set()

    def write(self, *lines: Line) -> None:
        """Returns when the lines are durable; raises what the database raised otherwise, and nothing may go out."""
        entry = _Entry(lines)
        with self._gate:
            self._waiting.append(entry)
        with self._turn:
            if not entry.settled:
                with self._gate:
                    batch, self._waiting = self._waiting, []
                self._flush(batch)
        if entry.failure:
            raise entry.failure

    def _flush(self, batch: "list[_Entry]") -> None:
        try:
            with unit_of_work(self._engine) as connection, cursor_of(connection) as cursor:
                lines = [one for entry in batch for one in entry.lines]
                record(cursor, *lines)
                looks = {
                    (one.resident, one.organisation): one
                    for one in lines
                    if one.resident and one.outcome == DONE and one.role in ("clinician", "agent")
                }
                fresh = [look for key, look in looks.items() if key not in self._known]
                first_looks(
                    cursor, [(one.resident, one.organisation, one.display, one.recorded) for one in fresh]
                )
            if len(self._known) > 100_000:
                self._known.clear()
            self._known.update(looks)
        except BaseException as failure:
            for entry in batch:
                entry.failure = failure
            raise
        finally:
            for entry in batch:
                entry.settled = True


class _Entry:
    __slots__ = ("failure", "lines", "settled")

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.settled = False
        self.failure: BaseException | None = None


def _plain(value: Any) -> Any:
    """Text that PostgreSQL takes: one caller's odd header must not cost its neighbours their line."""
    return value.replace("\0", "")[:LONGEST_TEXT] if isinstance(value, str) else value


def _parts(whole: Line) -> list[Line]:
    residents = whole.residents
    if not residents or len(residents) <= MOST_IN_LINE:
        return [whole]
    return [
        replace(whole, residents=residents[start : start + MOST_IN_LINE])
        for start in range(0, len(residents), MOST_IN_LINE)
    ]
