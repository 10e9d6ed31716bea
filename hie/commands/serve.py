"""`hie serve`: the FHIR API, the pages and the HTTP doors."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def serve(data_dir: Annotated[Path | None, typer.Option(help="The deployment's data folder")] = None) -> None:
    """Serve HTTP until stopped."""
    import uvicorn

    from hie import log
    from hie.app import create_app
    from hie.wiring import Exchange, load_settings

    settings = load_settings(data_dir)
    log.configure()
    exchange = Exchange(settings)
    try:
        uvicorn.run(
            create_app(exchange),
            host=settings.host,
            port=settings.port,
            access_log=False,
            log_config=None,
            server_header=False,
            loop="uvloop",
            http="httptools",
            ws="none",
            timeout_graceful_shutdown=10,
        )
    finally:
        exchange.close()
