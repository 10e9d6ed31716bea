"""`hie residents`: look into the resident index, decide what waits for a person, join and part residents."""

import csv
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="Look into the resident index: links, reviews, merges", no_args_is_help=True)
queue = typer.Typer(help="Patients and residents that may be one: a person decides", no_args_is_help=True)
app.add_typer(queue, name="review")

DataDir = Annotated[Path | None, typer.Option(help="The deployment's data folder")]
Resident = Annotated[str, typer.Argument(help="A resident's number, or the id of one of its Patients")]
Reason = Annotated[str, typer.Option(help="Why, in a word that the history keeps")]
Reveal = Annotated[bool, typer.Option(help="Print names and dates too; your look is written to the trace")]


@app.command()
def show(name: Resident, data_dir: DataDir = None, reveal: Reveal = False) -> None:
    """Show a resident: its patients, why they were linked, its merges."""
    from record_store.resident_desk import overview, resident_of

    with _desk(data_dir) as (cur, _):
        found = overview(cur, resident_of(cur, name))
        told = _features(cur, found.resident, [one.patient for one in found.patients]) if reveal else {}
    typer.echo(f"resident {found.resident} {found.state} exchange Patient/{found.exchange_patient}")
    if found.merged_into is not None:
        typer.echo(f"  merged into {found.merged_into}")
    for one in found.patients:
        typer.echo(
            f"  Patient/{one.patient} {one.source} {one.updated:%F %T} {told.get(one.patient, '')}".rstrip()
        )
    table = Table("when", "Patient", "resident", "before", "reason", "bits", "evidence", "by", box=None)
    for line in found.history:
        before = "" if line.previous is None else str(line.previous)
        bits = f"{line.score:.1f}" if line.evidence else ""
        words = " ".join(line.evidence)
        table.add_row(
            f"{line.at:%F %T}", line.patient, str(line.resident), before, line.reason, bits, words, line.by
        )
    _console().print(table)
    for merge in found.merges:
        undone = f" undone {merge.undone:%F %T}" if merge.undone else ""
        typer.echo(
            f"  merge {merge.id} {merge.retired} into {merge.survivor} {merge.reason} {merge.by}{undone}"
        )


@app.command()
def find(
    identifier: Annotated[
        str,
        typer.Option(
            help="A citizen number, or SYSTEM|VALUE; asked for when left out", prompt=True, hide_input=True
        ),
    ],
    data_dir: DataDir = None,
) -> None:
    """Find the residents that hold an identifier."""
    from fhir_profiles.identifier_systems import CITIZEN_ID
    from record_store import resident_desk

    system, bar, value = identifier.rpartition("|")
    with _desk(data_dir) as (cur, secret):
        for resident in resident_desk.find(cur, system if bar else CITIZEN_ID, value, secret=secret):
            typer.echo(resident)


@app.command()
def status(data_dir: DataDir = None) -> None:
    """Count residents, patients, links and open reviews."""
    from record_store.resident_desk import counters

    with _desk(data_dir) as (cur, _):
        for name, count in counters(cur).items():
            typer.echo(f"{count:>10} {name}")


@queue.command("list")
def list_(
    data_dir: DataDir = None,
    limit: Annotated[int, typer.Option(help="How many, the oldest first")] = 50,
    reveal: Reveal = False,
) -> None:
    """List the open questions with what speaks for and against."""
    from record_store.blocking import residents_of
    from record_store.review import REASONS, open_reviews

    with _desk(data_dir) as (cur, _):
        waiting = open_reviews(cur, limit=limit)
        told: dict[int, list[str]] = {}
        for review in waiting if reveal else ():
            others = list(residents_of(cur, [review.resident]))
            mine = _features(cur, review.patient_resident, [review.patient])
            told[review.id] = [*mine.values(), *_features(cur, review.resident, others).values()]
    for review in waiting:
        typer.echo(
            f"{review.id} Patient/{review.patient} of {review.patient_resident}, or of {review.resident}? "
            f"{review.reason}: {REASONS[review.reason]}"
        )
        typer.echo(f"    {review.score:.1f} bits: {' '.join(review.evidence)}")
        for line in told.get(review.id, ()):
            typer.echo(f"    {line}")


@queue.command()
def accept(review: int, data_dir: DataDir = None) -> None:
    """Decide that both are one human."""
    from record_store import review as reviews

    with _change(data_dir, "residents-review-accept", str(review)) as (cur, by, now, changed):
        changed.update(_sides(cur, review))
        reviews.accept(cur, review, by=by, now=now)


@queue.command()
def reject(review: int, data_dir: DataDir = None) -> None:
    """Decide that they are two people; the rules never link them again."""
    from record_store import review as reviews

    with _change(data_dir, "residents-review-reject", str(review)) as (cur, by, now, _):
        reviews.reject(cur, review, by=by, now=now)


@app.command()
def merge(
    survivor: Resident, retired: Resident, reason: Reason = "decided", data_dir: DataDir = None
) -> None:
    """Retire one resident into another; prints what `unmerge` wants."""
    from record_store import resident_merges
    from record_store.resident_desk import resident_of

    with _change(data_dir, "residents-merge", survivor) as (cur, by, now, changed):
        pair = resident_of(cur, survivor), resident_of(cur, retired)
        identity = resident_merges.merge(cur, *pair, reason=reason, by=by, now=now)
        changed.update(pair)
    typer.echo(identity)


@app.command()
def unmerge(
    merge_id: Annotated[UUID, typer.Argument(help="What `merge` printed and `show` lists", metavar="MERGE")],
    data_dir: DataDir = None,
) -> None:
    """Take a merge back; the two are never linked by rule again."""
    from record_store import resident_merges

    with _change(data_dir, "residents-unmerge", str(merge_id)) as (cur, by, now, changed):
        pair = resident_merges.unmerge(cur, merge_id, by=by, now=now)
        changed.update(pair)
    typer.echo(f"{pair[1]} is apart from {pair[0]} again")


@app.command()
def link(patient: UUID, resident: Resident, reason: Reason = "decided", data_dir: DataDir = None) -> None:
    """Give a Patient to a resident."""
    from record_store import resident_merges
    from record_store.resident_desk import resident_of

    with _change(data_dir, "residents-link", str(patient)) as (cur, by, now, changed):
        changed.update((resident_of(cur, str(patient)), resident_of(cur, resident)))
        resident_merges.link(cur, str(patient), resident_of(cur, resident), reason=reason, by=by, now=now)


@app.command()
def unlink(patient: UUID, reason: Reason = "decided", data_dir: DataDir = None) -> None:
    """Take a Patient from its resident; prints its new resident."""
    from record_store import resident_merges
    from record_store.resident_desk import resident_of

    with _change(data_dir, "residents-unlink", str(patient)) as (cur, by, now, changed):
        before = resident_of(cur, str(patient))
        fresh = resident_merges.unlink(cur, str(patient), reason=reason, by=by, now=now)
        changed.update((before, fresh))
    typer.echo(fresh)


@app.command()
def score(
    sample: Annotated[Path, typer.Argument(help="CSV with record_id, or NDJSON of Patients", exists=True)],
    out: Annotated[Path, typer.Option(help="Where to write record_id,cluster_id")],
) -> None:
    """Run the rules of the index over a file of people, without a database."""
    from rich.progress import track

    from hie.operations import matching_sample
    from record_store.matching import clusters

    try:
        patients = list(matching_sample.sample(sample))
    except ValueError as fault:
        raise typer.BadParameter(str(fault), param_hint="sample") from None
    found = clusters(track(patients, "matching", console=Console(stderr=True), transient=True))
    _write(out, list(found.items()))


@app.command()
def export(
    system: Annotated[str, typer.Option(help="URI of the identifiers to write")],
    out: Annotated[Path, typer.Option(help="Where to write record_id,cluster_id")],
    data_dir: DataDir = None,
) -> None:
    """Write the resident of every identifier of a system, for scoring and audits; it is written to the trace."""
    from hie.operations.index_session import residents_by_identifier

    with _desk(data_dir) as (cur, _):
        found = residents_by_identifier(cur, system)
    _write(out, found)


def _write(out: Path, found: list[tuple[str, int]]) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("record_id", "cluster_id"))
        rows.writerows(found)
    typer.echo(f"{len(found)} records, {len({cluster for _, cluster in found})} residents")


def _desk(data_dir: Path | None) -> Any:
    from hie.operations.index_session import desk

    return desk(data_dir)


def _change(data_dir: Path | None, interaction: str, target: str) -> Any:
    from hie.operations.index_session import change

    return change(data_dir, interaction, target)


def _features(cur: Any, resident: int, patients: list[str]) -> dict[str, str]:
    from hie.operations.index_session import told_names

    return told_names(cur, resident, patients)


def _sides(cur: Any, review: int) -> set[int]:
    from record_store.review import get

    found = get(cur, review)
    return {found.patient_resident, found.resident}


def _console() -> Console:
    return Console(soft_wrap=True)
