"""`hie listen`: HL7v2 over MLLP."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def listen(
    data_dir: Annotated[Path | None, typer.Option(help="The deployment's data folder")] = None,
) -> None:
    """Take messages until stopped; what was acknowledged is in the inbox."""
    import uvloop

    from hie import log
    from hie.wiring import Exchange, load_settings

    log.configure()
    exchange = Exchange(load_settings(data_dir))
    try:
        uvloop.run(_listen(exchange))
    finally:
        exchange.close()


async def _listen(exchange: "Exchange") -> None:  # type: ignore[name-defined]  # noqa: F821
    from hie import mllp, workers

    settings = exchange.settings
    listener = mllp.Listener(exchange.intake, exchange.directory, settings.message_limit)
    server = await mllp.serve(listener, settings.host, settings.mllp_port)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        while not stop.is_set():
            await asyncio.to_thread(
                workers.attempt, "heartbeat", lambda: workers.beat(exchange, "listener", "listener")
            )
            try:
                await asyncio.wait_for(stop.wait(), 5.0)
            except TimeoutError:
                continue
    finally:
        server.close()
