"""`hie bench`: what the exchange reaches on this machine, beside what the machine could do at best."""

from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Less load: done in under two minutes")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table")] = False,
) -> None:
    """Measure ingest, API and export on a scratch database of its own."""
    import json

    from rich.console import Console

    from hie import log
    from hie.operations.bench import figures, run

    log.configure()
    console = Console(stderr=True)
    measured, machine = run.run(run.QUICK if quick else run.FULL, console)
    if as_json:
        typer.echo(json.dumps(figures.as_json(measured, machine), indent=2))
    else:
        figures.show(measured, machine, Console())
