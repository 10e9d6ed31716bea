"""An operator at the resident index: one unit of work, traced, with the exchange Patients brought in step."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import typer

from consent import audit
from fhir_profiles import instant
from fhir_profiles.outcome import Failure
from hie.operations.operator_trace import operator
from hie.wiring import exchange_of
from record_store import resident_desk
from record_store.database import Cursor, cursor, unit_of_work
from record_store.exchange_record import refresh

BASIS = "policy:operator"


@contextmanager
def desk(data_dir: Path | None) -> Iterator[tuple[Cursor, bytes]]:
    """A cursor on the index and the secret of its digests; a refusal is one line on stderr and exit code 1."""
    with exchange_of(data_dir) as exchange:
        try:
            with unit_of_work(exchange.engine, "hie_writer") as connection:
                yield cursor(connection), exchange.key("resident-index")
        except Failure as failure:
            typer.echo(failure.issues[0].text, err=True)
            raise typer.Exit(1) from None


@contextmanager
def change(
    data_dir: Path | None, interaction: str, target: str
) -> Iterator[tuple[Cursor, str, datetime, set[int]]]:
    """A cursor, who acts and when, and a set for the residents that are concerned: they stand in the trace, and their
    exchange Patients are written anew where they read differently."""
    actor, now, changed = operator(), instant.now(), set[int]()
    with desk(data_dir) as (cur, _):
        yield cur, actor.subject, now, changed
        refresh(cur, changed, now)
        several = sorted(changed) or None
        audit.record(
            cur, audit.line(actor, now, "U", interaction, target=target, residents=several, basis=BASIS)
        )


def told_names(cur: Cursor, resident: int, patients: Collection[str]) -> dict[str, str]:
    """Names, dates and sex of a resident's patients in a line each; the look is in the trace."""
    audit.record(
        cur, audit.line(operator(), instant.now(), "R", "residents-show", resident=resident, basis=BASIS)
    )
    lines = {}
    for patient, known in resident_desk.features_of(cur, patients).items():
        names = [f"{name.family} {name.given}" for name in known.names] or ["(no name)"]
        lines[patient] = " ".join([*names, *known.births, known.gender])
    return lines


def residents_by_identifier(cur: Cursor, system: str) -> list[tuple[str, int]]:
    """(identifier, resident) of every patient with an identifier of a system; the trace names all residents."""
    found = resident_desk.by_system(cur, system)
    residents = sorted({resident for _, resident in found})
    actor, now = operator(), instant.now()
    audit.record(
        cur,
        audit.line(
            actor, now, "R", "residents-export", residents=residents or None, basis=BASIS, count=len(found)
        ),
    )
    return found
