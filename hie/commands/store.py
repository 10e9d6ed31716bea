"""`hie store`: operate the record store: schema, dictionaries, and looks at what is stored, written to the trace."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="Operate the record store: migrate, look, train, dump", no_args_is_help=True)

DataDir = Annotated[Path | None, typer.Option(help="The deployment's data folder")]
Reason = Annotated[
    str, typer.Option(help="Why you look; it goes to the trace. Optional in the demonstration")
]
Reference = Annotated[str, typer.Argument(help="Type/id", metavar="TYPE/ID")]


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to this release's schema."""
    from hie.wiring import Exchange, load_settings
    from record_store import migrations

    exchange = Exchange(load_settings(data_dir))
    settings = exchange.settings
    try:
        if settings.database_url and not settings.owner_database_url:
            raise typer.BadParameter("set HIE_OWNER_DATABASE_URL to the URL of the role that owns the tables")
        owner = settings.owner_database_url
        migrations.migrate(owner.get_secret_value() if owner else exchange.server.owner_url)
    finally:
        exchange.close()
    typer.echo("The schema is up to date")


@app.command()
def cat(
    reference: Reference,
    version: Annotated[int | None, typer.Option(help="A version; none: the latest")] = None,
    reason: Reason = "",
    data_dir: DataDir = None,
) -> None:
    """Print a stored resource, which psql can't show."""
    from hie.operations.operator_trace import looked_at_store
    from hie.wiring import engine_of
    from record_store import operator_copies
    from record_store.database import cursor, unit_of_work

    type_, fhir_id = _parts(reference)
    reason = _reason(reason, data_dir)
    with engine_of(data_dir) as engine, unit_of_work(engine, "hie_writer") as connection:
        body, resident = operator_copies.version(cursor(connection), type_, fhir_id, version)
        looked_at_store(
            cursor(connection),
            "store-cat",
            reason,
            type_name=type_,
            target=fhir_id,
            resident=resident,
            count=1,
        )
    typer.echo(body)


@app.command()
def provenance(reference: Reference, data_dir: DataDir = None) -> None:
    """Show which message and which rules made each version of a resource."""
    from hie.wiring import engine_of
    from record_store import provenance as origin
    from record_store.database import cursor, unit_of_work

    type_, fhir_id = _parts(reference)
    with engine_of(data_dir) as engine, unit_of_work(engine, "hie_writer") as connection:
        found = origin.origins(cursor(connection), type_, fhir_id)
    table = Table("version", "stored", "source", "message", "control id", "rules", box=None)
    for one in found:
        table.add_row(
            str(one.version),
            f"{one.updated:%F %T}",
            one.source or "the exchange",
            "" if one.message is None else str(one.message),
            one.control_id,
            one.rule_set,
        )
    Console().print(table)


@app.command()
def train(
    types: Annotated[
        list[str] | None, typer.Argument(help="Resource types; none: all with enough rows")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write starters (16 KiB each) into this folder and change nothing here"),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Learn new compression dictionaries from what is stored; those that gain nothing are not kept."""
    from rich.progress import track

    from hie.wiring import engine_of
    from record_store import training
    from record_store.database import cursor, unit_of_work

    table = Table("type", "sampled", "bytes before", "bytes after", "dictionary", box=None)
    with engine_of(data_dir) as engine:
        with unit_of_work(engine, "hie_writer") as connection:
            names = types or training.types(cursor(connection))
        for name in track(names, description="Learning"):
            with unit_of_work(engine, "hie_writer") as connection:
                if out:
                    learned = training.learn(training.sample(cursor(connection), name), training.STARTER_SIZE)
                    (out / f"{name}{training.SUFFIX}").write_bytes(learned)
                    continue
                done = training.train(cursor(connection), name)
            kept = str(done.version) if done.version else "kept the one in use"
            table.add_row(done.type, str(done.sampled), f"{done.before:.0f}", f"{done.after:.0f}", kept)
    if not out:
        Console().print(table)


@app.command()
def reindex(
    restart: Annotated[bool, typer.Option(help="Begin again instead of resuming")] = False,
    data_dir: DataDir = None,
) -> None:
    """Index all resources again, while everything else goes on; what was interrupted resumes."""
    from rich.progress import Progress

    from fhir_profiles import instant
    from hie.wiring import engine_of
    from record_store import reindex as run
    from record_store.database import cursor, once_more, unit_of_work

    with engine_of(data_dir) as engine, Progress() as progress:

        def step() -> int:
            with unit_of_work(engine, "hie_writer") as connection:
                return run.step(cursor(connection), instant.now())

        with unit_of_work(engine, "hie_writer") as connection:
            run.begin(cursor(connection), instant.now(), restart=restart)
        task = progress.add_task("Indexing", total=None)
        indexed = 0
        while done := once_more(step):
            indexed += done
            progress.update(task, advance=done)
    typer.echo(f"{indexed} resources")


@app.command()
def release(
    changes: Annotated[int, typer.Option(help="Days that entries of the change feed are kept")] = 30,
    originals: Annotated[
        int | None, typer.Option(help="Days that the bytes of finished messages are kept; none: for ever")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Let go of old change feed entries and, on request, originals. The record itself is kept."""
    from datetime import timedelta

    from fhir_profiles import instant
    from hie.wiring import engine_of
    from record_store import retention
    from record_store.database import cursor, unit_of_work

    periods = retention.Periods(
        timedelta(days=changes), None if originals is None else timedelta(days=originals)
    )
    gone = retention.Released()
    with engine_of(data_dir) as engine:
        while True:
            with unit_of_work(engine, "hie_writer") as connection:
                done = retention.release(cursor(connection), periods, instant.now())
            if done == retention.Released():
                break
            gone = retention.Released(gone.changes + done.changes, gone.payloads + done.payloads)
    typer.echo(f"{gone.changes} feed entries, {gone.payloads} originals")


@app.command()
def dump(
    out: Annotated[Path, typer.Argument(help="File to write (NDJSON); it must not exist")],
    types: Annotated[list[str] | None, typer.Option("--type", help="Only these resource types")] = None,
    reason: Reason = "",
    data_dir: DataDir = None,
) -> None:
    """Write all current resources as plain FHIR, one a line: the way out of this store."""
    from rich.progress import Progress

    from hie.operations.operator_trace import looked_at_store
    from hie.wiring import engine_of
    from record_store import operator_copies
    from record_store.database import cursor, unit_of_work

    reason = _reason(reason, data_dir)
    if out.exists():
        raise typer.BadParameter("the file exists already", param_hint="OUT")
    written = 0
    with engine_of(data_dir) as engine, Progress() as progress:
        with unit_of_work(engine) as connection:
            looked_at_store(cursor(connection), "store-dump", reason, target=",".join(types or []))
        task = progress.add_task("Writing", total=None)
        out.touch(0o600)
        with out.open("wb") as file, unit_of_work(engine, "hie_reader") as connection:
            for bodies in operator_copies.everything(cursor(connection), types or ()):
                file.write(b"\n".join(bodies) + b"\n")
                written += len(bodies)
                progress.update(task, advance=len(bodies))
    typer.echo(f"{written} resources")


def _parts(reference: str) -> tuple[str, str]:
    from fhir_profiles.resource_types import NUMBER

    type_, _, fhir_id = reference.partition("/")
    if type_ not in NUMBER or not fhir_id:
        raise typer.BadParameter("write Type/id, such as Observation/0190…", param_hint="TYPE/ID")
    return type_, fhir_id


def _reason(reason: str, data_dir: Path | None) -> str:
    from hie.wiring import load_settings

    if reason:
        return reason
    settings: Any = load_settings(data_dir)
    if not settings.demo:
        raise typer.BadParameter("outside the demonstration a look needs its reason", param_hint="--reason")
    return "demonstration"
