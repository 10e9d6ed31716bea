"""The demonstration from its first second to Ctrl-C."""

import json
import os
import signal
import threading
import webbrowser
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import psycopg2
import structlog
from rich.console import Console

from consent.card_authority import Authority
from fhir_profiles import instant
from hie.operations.city.city import City, build_city
from hie.operations.demo import (
    announcement,
    arrival,
    cards,
    clients,
    clinic_database,
    findings,
    ports,
    senders,
    staff,
    tenancy,
    waiting,
)
from hie.operations.demo.announcement import Ready
from hie.operations.demo.clients import Registered
from hie.operations.demo.crew import Crew, stop_leftovers
from hie.settings import Settings, has_display
from hie.wiring import AUTHORITIES, SETTINGS_FILE, Exchange
from record_store import embedded
from record_store.database import cursor, unit_of_work
from record_store.migrations import migrate

STATE = "demo-state.json"
RENEWAL_SECONDS = 86_400.0
ROLES = {"serve": "serve", "listen": "listen", "work": "work"}

log = structlog.get_logger()


class NotADemo(RuntimeError):
    """The data folder belongs to something else; the text says so."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `hie demo` was asked."""

    data_dir: Path
    port: int
    mllp_port: int
    residents: int
    seed: int
    fresh: bool = False
    browser: bool = True


def run(options: Options, console: Console) -> None:
    """Start everything, bring the city in where it is not there yet, announce, and stay until SIGINT or SIGTERM.

    Raises AlreadyRunning, PortTaken, NotADemo, arrival.Stuck, embedded.EmbeddedFault; everything started is stopped first.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _interrupt(stop))
    held = tenancy.occupy(options.data_dir)
    _prepare(options)
    exchange = Exchange(_settings(options))
    crew = Crew(options.data_dir, ROLES)
    try:
        ready = _begin(options, exchange, crew, console)
        announcement.write(ready)
        announcement.show(ready, console)
        if options.browser and has_display():
            webbrowser.open(exchange.settings.base_url)
        while not stop.wait(RENEWAL_SECONDS):
            _renew(exchange)
    except KeyboardInterrupt:
        console.print("\nStopping ...")
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        (options.data_dir / announcement.FILE).unlink(missing_ok=True)
        crew.stop()
        exchange.close()
        os.close(held)


def _renew(exchange: Exchange) -> None:
    """A new list of revoked cards, which counts for a week."""
    now = instant.now()
    with unit_of_work(exchange.engine) as connection:
        Authority.open(exchange.settings.data_dir / AUTHORITIES, now).publish(cursor(connection), now)


def _interrupt(stop: threading.Event) -> None:
    if stop.is_set():
        return
    stop.set()
    raise KeyboardInterrupt


def _prepare(options: Options) -> None:
    """An empty or known folder, free ports, and the settings that our children read."""
    folder = options.data_dir
    known = (folder / STATE).exists()
    if any(folder.iterdir()) and not known:
        raise NotADemo(
            f"{folder} holds something that is no demonstration; choose another folder with --data-dir"
        )
    if known:
        stop_leftovers(folder)
    ports.require(options.port, "--port", "PORT")
    ports.require(options.mllp_port, "--mllp-port", "MLLP_PORT")
    if known and options.fresh:
        embedded.remove(folder)
        tenancy.empty(folder)
    tenancy.sign(folder)
    if not (folder / STATE).exists():
        today = (instant.now() + timedelta(hours=8)).date()
        _remember(
            folder,
            {"seed": options.seed, "residents": options.residents, "today": str(today), "loaded": False},
        )
    (folder / announcement.FILE).unlink(missing_ok=True)
    settings = _settings(options)
    lines = (
        "HIE_DEMO=true",
        f"HIE_PORT={settings.port}",
        f"HIE_MLLP_PORT={settings.mllp_port}",
        f"HIE_BASE_URL={settings.base_url}",
    )
    (folder / SETTINGS_FILE).write_text("\n".join(lines) + "\n")


def _settings(options: Options) -> Settings:
    """The demonstration's own settings, whatever the environment says: its database is the embedded one."""
    return Settings(
        data_dir=options.data_dir,
        database_url=None,
        broker_url=None,
        base_url=f"http://localhost:{options.port}",
        host="127.0.0.1",
        port=options.port,
        mllp_port=options.mllp_port,
        drop_dir=None,
        demo=True,
    )


def _begin(options: Options, exchange: Exchange, crew: Crew, console: Console) -> Ready:
    state = json.loads((options.data_dir / STATE).read_text())
    city = build_city(state["seed"], state["residents"], date.fromisoformat(state["today"]))
    with console.status("Starting the database ..."):
        server = exchange.server
        migrate(server.owner_url)
        if not state["loaded"]:
            clinic_database.fill(server, city.clinic_rows)
    with console.status("Starting the processes ..."):
        registered = _register(exchange, city)
        authority = Authority.open(options.data_dir / AUTHORITIES, instant.now())
        crew.start()
        waiting.until_live(exchange.settings.base_url, crew.log_of("serve"), exchange.settings.mllp_port)
    if not state["loaded"]:
        arrived = arrival.bring_in(exchange, city, registered, console)
        _analyse(server.owner_url)
        _remember(options.data_dir, state | {"loaded": True})
        console.print(f"{arrived.stored} messages are in the record, {arrived.refused} were refused.")
        if arrived.turned_away:
            console.print(f"{arrived.turned_away} were turned away at a door.")
    with unit_of_work(exchange.engine, "hie_writer") as connection:
        cur = cursor(connection)
        known = cards.residents(cur, city, exchange.key("resident-index"))
        found = findings.findings(cur, known)
    with unit_of_work(exchange.engine) as connection:
        cur = cursor(connection)
        staff.register(cur, city, known)
        issued = cards.issue(cur, authority, city, known, options.data_dir)
    return Ready(exchange.settings, city, issued, registered, found)


def _register(exchange: Exchange, city: City) -> dict[str, Registered]:
    with unit_of_work(exchange.engine) as connection:
        cur = cursor(connection)
        senders.register(cur, city, clinic_database.address(exchange.server))
        return clients.register(cur, city, exchange.settings.data_dir)


def _analyse(owner_url: str) -> None:
    """Fresh statistics after the load."""
    connection = psycopg2.connect(owner_url)
    connection.autocommit = True
    with connection.cursor() as cur:
        cur.execute("analyze")
    connection.close()


def _remember(folder: Path, state: dict[str, object]) -> None:
    draft = folder / f"{STATE}.part"
    draft.write_text(json.dumps(state))
    draft.rename(folder / STATE)
