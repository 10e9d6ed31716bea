"""`hie sources`: who may send, and how they are read."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="Register the senders of feeds", no_args_is_help=True)

DOORS = ("mllp", "soap", "json", "cda", "csv", "view")
DataDir = Annotated[Path | None, typer.Option(help="The deployment's data folder")]


@app.command("list")
def list_(data_dir: DataDir = None) -> None:
    """List the registered senders."""
    from hie.wiring import engine_of
    from record_store import sources
    from record_store.database import cursor, unit_of_work

    with engine_of(data_dir) as engine, unit_of_work(engine) as connection:
        known = sources.senders(cursor(connection))
    table = Table("name", "organisation", "door", "map", "charset", "zone", box=None)
    for sender in known:
        table.add_row(
            sender.name,
            sender.organisation,
            sender.door or "any",
            sender.feed_map,
            sender.charset,
            sender.zone,
        )
    Console().print(table)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Stable short name; it becomes part of every id of the feed")],
    organisation: Annotated[str, typer.Option(help="Code of the organisation")],
    identifier_system: Annotated[
        str, typer.Option(help="URI under which the source's own numbers are unique")
    ],
    door: Annotated[str, typer.Option(help="mllp, soap, json, cda, csv or view")],
    data_dir: DataDir = None,
    credential: Annotated[
        str, typer.Option(help="How it names itself: MSH-4, client id, sub-folder, or database address")
    ] = "",
    feed_map: Annotated[str, typer.Option("--map", help="Name of the feed map")] = "",
    zone: Annotated[str, typer.Option(help="Time zone of stamps without an offset")] = "Asia/Shanghai",
    charset: Annotated[str, typer.Option(help="Encoding to try after UTF-8 and GB18030")] = "gb18030",
    strict: Annotated[bool, typer.Option(help="Refuse HL7v2 that breaks its declared structure")] = False,
) -> None:
    """Register a sender, or change the one of that name."""
    from hie.wiring import engine_of
    from record_store import sources
    from record_store.database import cursor, unit_of_work
    from record_store.sources import Sender

    if door not in DOORS:
        raise typer.BadParameter(f"one of {', '.join(DOORS)}", param_hint="--door")
    sender = Sender(
        name=name,
        organisation=organisation,
        identifier_system=identifier_system,
        door=door,
        zone=zone,
        charset=charset,
        feed_map=feed_map,
        strict=strict,
        credential=credential,
    )
    with engine_of(data_dir) as engine, unit_of_work(engine) as connection:
        identity = sources.register(cursor(connection), sender)
    typer.echo(f"{name} is source {identity}; its door opens within five seconds")


@app.command()
def retire(name: Annotated[str, typer.Argument(help="Name of a sender")], data_dir: DataDir = None) -> None:
    """Close a sender's door; what it sent stays."""
    from hie.wiring import engine_of
    from record_store import sources
    from record_store.database import cursor, unit_of_work

    with engine_of(data_dir) as engine, unit_of_work(engine) as connection:
        known = sources.retire(cursor(connection), name)
    if not known:
        typer.echo(f"There is no active sender {name}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{name} may no longer send")
