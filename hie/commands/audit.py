"""`hie audit`: verify the trace, read its last lines."""

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Verify and read the trace of looks, refusals and changes", no_args_is_help=True)

DataDir = Annotated[Path | None, typer.Option(help="The deployment's data folder")]


@app.command()
def verify(data_dir: DataDir = None) -> None:
    """Check every sealed line, the chain of seals, and the directives; name what was touched. Exit 1 on findings."""
    from consent import audit_verify, directives
    from fhir_profiles import instant
    from hie.wiring import exchange_of
    from record_store.database import cursor, unit_of_work

    with exchange_of(data_dir) as exchange:
        folder = exchange.settings.data_dir / "audit"
        with unit_of_work(exchange.engine) as connection:
            cur = cursor(connection)
            cur.execute("set transaction isolation level repeatable read")
            cur.execute("set local statement_timeout = 0")
            findings = audit_verify.verify(cur, folder, instant.now())
            waiting = audit_verify.waiting(cur)
            damaged = directives.damaged(cur, exchange.trust)
            cur.execute("select count(*), coalesce(sum(count), 0) from audit_seal")
            seals, lines = cur.fetchone()
    for finding in findings:
        typer.echo(f"{finding.kind}: {finding.text}")
    for resident in damaged:
        typer.echo(f"directives-damaged: the rules of resident {resident} are not what was signed")
    typer.echo(f"{lines} lines in {seals} seals, {waiting} waiting for their seal")
    if findings or damaged:
        raise typer.Exit(1)
    typer.echo("The trace is as it was written.")


@app.command("list")
def list_(
    data_dir: DataDir = None,
    resident: Annotated[int | None, typer.Option(help="Only lines about this resident (its number)")] = None,
    refused: Annotated[bool, typer.Option(help="Only refusals")] = False,
    limit: Annotated[int, typer.Option(help="How many, the latest first")] = 30,
) -> None:
    """Show the last lines of the trace."""
    from fhir_profiles.resource_types import NAME
    from hie.wiring import engine_of
    from record_store.database import cursor, unit_of_work

    conditions = ["true"]
    if resident is not None:
        conditions.append("(resident = %(resident)s or residents @> array[%(resident)s]::bigint[])")
    if refused:
        conditions.append("outcome <> 0")
    with engine_of(data_dir) as engine, unit_of_work(engine) as connection:
        cur: Any = cursor(connection)
        cur.execute(
            "select id, recorded, interaction, type, role, organisation, display, subject, purpose, resident,"
            " coalesce(cardinality(residents), 0), count, outcome, reason, basis from audit_event where "
            f"{' and '.join(conditions)} order by id desc limit %(limit)s",
            {"resident": resident, "limit": limit},
        )
        rows = cur.fetchall()
    for row in rows:
        what = f"{row[2]} {NAME.get(row[3], '')}".strip()
        who = " ".join(part for part in (row[4], row[5], row[6] or row[7]) if part)
        about = f"resident {row[9]}" if row[9] else (f"{row[10]} residents" if row[10] else "")
        outcome = "" if row[12] == 0 else f"refused: {row[13]}"
        fields = (
            str(row[0]),
            f"{row[1]:%F %T}",
            what,
            who,
            row[8],
            about,
            f"{row[11]} out",
            outcome,
            row[14],
        )
        typer.echo(" | ".join(field for field in fields if field))
