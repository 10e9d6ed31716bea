"""`hie token`: a bearer token for the demonstration; refused everywhere else."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def token(
    role: Annotated[
        str, typer.Option(help="clinician, resident, authority or system (the conformance client)")
    ],
    data_dir: Annotated[Path, typer.Option(help="The demonstration's data folder")] = Path(".demo"),
    resident: Annotated[
        str, typer.Option(help="Id of a Patient; without it a resident is the walker of the story")
    ] = "",
    purpose: Annotated[
        str, typer.Option(help="HL7 v3 PurposeOfUse: TREAT, ETREAT, PUBHLTH, PATRQT ...")
    ] = "",
    scope: Annotated[str, typer.Option(help="SMART scopes, separated by blanks")] = "",
    source: Annotated[
        str, typer.Option(help="Institution of a clinician or authority: hospital-a, hospital-b ...")
    ] = "",
) -> None:
    """Print a bearer token that is good for eight hours."""
    import json

    from fhir_profiles.outcome import Failure
    from hie.operations.demo import bearer
    from hie.wiring import SETTINGS_FILE, exchange_of
    from record_store.database import cursor, unit_of_work

    data_dir = data_dir.absolute()
    if not (data_dir / SETTINGS_FILE).exists():
        typer.echo(f"{data_dir} is no demonstration; start one with `hie demo --data-dir`", err=True)
        raise typer.Exit(2)
    with exchange_of(data_dir) as exchange:
        if not exchange.settings.demo:
            typer.echo("Tokens are printed in the demonstration alone; sign in instead", err=True)
            raise typer.Exit(2)
        told = data_dir / "demo.json"
        if role == "resident" and not resident and told.exists():
            resident = next((card["resident"] for card in json.loads(told.read_text())["cards"]), "")
        try:
            with unit_of_work(exchange.engine, "hie_writer") as connection:
                made = bearer.issue(
                    cursor(connection), role, resident=resident, purpose=purpose, scope=scope, source=source
                )
        except Failure as failure:
            typer.echo(failure.issues[0].text, err=True)
            raise typer.Exit(2) from None
    typer.echo(made)
