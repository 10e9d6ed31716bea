"""`hie demo`: the demonstration city in one command."""

from pathlib import Path
from typing import Annotated

import typer

from hie.operations.city.city import DEFAULT_RESIDENTS, DEFAULT_SEED

app = typer.Typer()


@app.command()
def demo(
    data_dir: Annotated[Path, typer.Option(help="Where database, keys, cards and logs go")] = Path(".demo"),
    port: Annotated[int, typer.Option(help="Port of the API and the pages")] = 8080,
    mllp_port: Annotated[int, typer.Option(help="Port of the HL7v2 listener")] = 2575,
    residents: Annotated[
        int, typer.Option(min=0, help="How many people live in the city; 0: an empty city")
    ] = DEFAULT_RESIDENTS,
    seed: Annotated[int, typer.Option(help="The same seed makes the same city")] = DEFAULT_SEED,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw the data of an earlier start away")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser")] = False,
) -> None:
    """Start the demonstration city and keep it running until Ctrl-C. A second start keeps its data."""
    from rich.console import Console

    from hie import log
    from hie.operations.demo import show
    from hie.operations.demo.arrival import Stuck
    from hie.operations.demo.ports import PortTaken
    from hie.operations.demo.tenancy import AlreadyRunning
    from hie.operations.demo.waiting import NotReady
    from record_store.embedded import EmbeddedFault

    log.configure()
    options = show.Options(
        data_dir.absolute(), port, mllp_port, residents, seed, fresh=fresh, browser=not no_browser
    )
    try:
        show.run(options, Console())
    except (AlreadyRunning, PortTaken, show.NotADemo, Stuck, NotReady, EmbeddedFault) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
