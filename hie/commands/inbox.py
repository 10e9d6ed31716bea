"""`hie inbox`: received messages: how many, which, why refused, and once more."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="See, explain and retry received messages", no_args_is_help=True)

DataDir = Annotated[Path | None, typer.Option(help="The deployment's data folder")]


@app.command("list")
def list_(
    data_dir: DataDir = None,
    state: Annotated[str | None, typer.Option(help="waiting, done, refused or failed")] = None,
    source: Annotated[str | None, typer.Option(help="Name of a source")] = None,
    limit: Annotated[int, typer.Option(help="How many, the latest first")] = 30,
) -> None:
    """List messages and count all by source and state."""
    from record_store import inbox_desk
    from record_store.database import cursor, unit_of_work

    with _engine(data_dir) as engine, unit_of_work(engine) as connection:
        cur = cursor(connection)
        entries = inbox_desk.list_(cur, state=_known(state), source=source, limit=limit)
        counters = inbox_desk.counters(cur)
    console = Console()
    table = Table("source", *inbox_desk.STATES, box=None)
    for name, counted in counters.items():
        table.add_row(name, *(str(counted[each]) for each in inbox_desk.STATES))
    console.print(table)
    table = Table("id", "source", "control id", "received", "state", "reason", box=None)
    for entry in entries:
        reason = next((f"{issue.expression} {issue.text}".strip() for issue in entry.issues), "")
        table.add_row(
            str(entry.id), entry.source, entry.control_id, f"{entry.received:%F %T}", entry.state, reason
        )
    console.print(table)


@app.command()
def show(
    identity: Annotated[int, typer.Argument(help="Id of a message")],
    data_dir: DataDir = None,
    payload: Annotated[
        bool, typer.Option(help="Print the original too; your look is written to the trace")
    ] = False,
) -> None:
    """Show one message: what it is, what was found wrong, on request the bytes as received."""
    from record_store import inbox_desk
    from record_store.database import cursor, unit_of_work

    with _engine(data_dir) as engine, unit_of_work(engine) as connection:
        cur = cursor(connection)
        entry, original = inbox_desk.show(cur, identity)
        if payload:
            _trace(cur, identity)
    typer.echo(
        f"{entry.id} {entry.source} {entry.door} {entry.control_id} {entry.state} {entry.received:%F %T}"
    )
    for issue in entry.issues:
        typer.echo(f"  {issue.severity} {issue.code} {issue.expression} {issue.text} {issue.reason}".rstrip())
    if payload:
        typer.echo(original.replace(b"\r", b"\n"))


@app.command()
def retry(
    identities: Annotated[
        list[int] | None, typer.Argument(help="Ids of messages; none: all that match")
    ] = None,
    data_dir: DataDir = None,
    state: Annotated[str | None, typer.Option(help="refused or failed")] = None,
    source: Annotated[str | None, typer.Option(help="Name of a source")] = None,
) -> None:
    """Let refused or failed messages wait again."""
    from fhir_profiles import instant
    from record_store import inbox_desk
    from record_store.database import cursor, unit_of_work

    if not identities and not state and not source:
        raise typer.BadParameter("name messages, a --state or a --source")
    with _engine(data_dir) as engine, unit_of_work(engine) as connection:
        count = inbox_desk.retry(
            cursor(connection),
            instant.now(),
            identities=identities or None,
            state=_known(state),
            source=source,
        )
    typer.echo(f"{count} messages wait again")


def _known(state: str | None) -> Any:
    from record_store.inbox_desk import STATES

    if state is not None and state not in STATES:
        raise typer.BadParameter(f"one of {', '.join(STATES)}", param_hint="--state")
    return state


def _engine(data_dir: Path | None) -> Any:
    from hie.wiring import engine_of

    return engine_of(data_dir)


def _trace(cur: Any, identity: int) -> None:
    from hie.operations.operator_trace import looked_at_message

    looked_at_message(cur, identity)
