"""`hie work`: turn waiting messages into the record, pull views, collect files, seal the trace."""

import os
import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def work(data_dir: Annotated[Path | None, typer.Option(help="The deployment's data folder")] = None) -> None:
    """Work until stopped; with HIE_BROKER_URL as a Celery worker, else by polling the inbox."""
    from hie import log, workers
    from hie.wiring import Exchange, load_settings

    log.configure()
    exchange = Exchange(load_settings(data_dir))
    broker = exchange.settings.broker_url
    try:
        if broker:
            workers.celery(exchange, broker.get_secret_value()).worker_main(
                [
                    "worker",
                    "--beat",
                    "--pool",
                    "threads",
                    "--concurrency",
                    "2",
                    "--loglevel",
                    "WARNING",
                    "--schedule",
                    str(exchange.settings.data_dir / "celery-beat"),
                ]
            )
            return
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        workers.run(exchange, stop, f"worker-{os.getpid()}")
    finally:
        exchange.close()
