"""One run: a scratch deployment in a temporary folder, measured and thrown away."""

import os
import platform
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg2
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from hie.operations.bench import api_figures, ingest, limits
from hie.operations.bench.api_figures import Sizes
from hie.operations.bench.figures import Figure
from hie.operations.bench.load import Endpoint
from hie.operations.city.city import DEFAULT_SEED, City, build_city
from hie.operations.demo import bearer, clients, senders, waiting
from hie.operations.demo.crew import Crew
from hie.wiring import SETTINGS_FILE, Exchange, load_settings
from record_store import embedded
from record_store.database import cursor, unit_of_work
from record_store.migrations import migrate

DAY = date(2026, 1, 1)
PATIENTS = (
    "select patient::text from resident where state = 'active' and patient is not null order by id limit 200"
)


@dataclass(frozen=True, slots=True)
class Load:
    """How much is measured: residents of the city, requests to the API."""

    residents: int
    sizes: Sizes


QUICK = Load(60, Sizes())
FULL = Load(400, Sizes(crud=1500, search=3000, everything=400, empty=3000))


def run(load: Load, console: Console) -> tuple[list[Figure], dict[str, Any]]:
    """All figures, and facts of the machine."""
    columns = (TextColumn("{task.description:<30}"), BarColumn(32), TimeElapsedColumn())
    with (
        tempfile.TemporaryDirectory(prefix="hie-bench-") as folder,
        Progress(*columns, console=console) as progress,
    ):
        data_dir = Path(folder)
        data_dir.chmod(0o755)
        with _deployment(data_dir) as exchange:
            return _measure(exchange, load, progress)


def _measure(exchange: Exchange, load: Load, progress: Progress) -> tuple[list[Figure], dict[str, Any]]:
    server = exchange.server
    task = progress.add_task("preparing the city", total=None)
    city = build_city(DEFAULT_SEED, load.residents, DAY)
    _register(exchange, city)
    received = ingest.messages(exchange, city)
    progress.update(task, description="ingest", total=len(received))
    figures = ingest.measure(
        exchange,
        received,
        lambda count: progress.update(task, advance=count),
        server.pid or 0,
        server.owner_url,
    )
    _analyse(server.owner_url)
    copy_out = limits.copy_out(server.owner_url)
    steps = progress.add_task("starting the API", total=6)

    def told(step: str) -> None:
        progress.update(steps, description=step, advance=1)

    with _serving(exchange) as base_url:
        api = Endpoint(
            base_url, {"Authorization": f"Bearer {_token(exchange)}", "Content-Type": "application/fhir+json"}
        )
        figures += api_figures.measure(api, _patients(server.owner_url), copy_out, load.sizes, told)
    progress.update(steps, completed=6)
    return figures, _machine(server)


@contextmanager
def _deployment(data_dir: Path) -> Iterator[Exchange]:
    port = _free_port()
    lines = (f"HIE_PORT={port}", f"HIE_BASE_URL=http://localhost:{port}", "HIE_DEMO=true")
    (data_dir / SETTINGS_FILE).write_text("\n".join(lines) + "\n")
    exchange = Exchange(load_settings(data_dir))
    try:
        migrate(exchange.server.owner_url)
        yield exchange
    finally:
        exchange.close()
        embedded.remove(data_dir)


@contextmanager
def _serving(exchange: Exchange) -> Iterator[str]:
    crew = Crew(exchange.settings.data_dir, {"serve": "serve"})
    try:
        crew.start()
        waiting.until_live(exchange.settings.base_url, crew.log_of("serve"))
        yield exchange.settings.base_url
    finally:
        crew.stop()


def _register(exchange: Exchange, city: City) -> None:
    with unit_of_work(exchange.engine) as connection:
        cur = cursor(connection)
        senders.register(cur, city, "")
        clients.register(cur, city, exchange.settings.data_dir)


def _token(exchange: Exchange) -> str:
    with unit_of_work(exchange.engine, "hie_writer") as connection:
        return bearer.issue(cursor(connection), "system")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _patients(owner_url: str) -> list[str]:
    connection = psycopg2.connect(owner_url)
    try:
        with connection.cursor() as cur:
            cur.execute(PATIENTS)
            return [row[0] for row in cur.fetchall()]
    finally:
        connection.close()


def _analyse(owner_url: str) -> None:
    connection = psycopg2.connect(owner_url)
    connection.autocommit = True
    with connection.cursor() as cur:
        cur.execute("analyze")
    connection.close()


def _machine(server: embedded.Server) -> dict[str, Any]:
    connection = psycopg2.connect(server.owner_url)
    with connection.cursor() as cur:
        cur.execute("show server_version")
        version = cur.fetchone()[0]
    connection.close()
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "postgresql": version.split()[0],
        "commit_ms": limits.commit_seconds(server.owner_url) * 1000,
    }
