"""Brings the city in through its real doors, and waits until the record has it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from fhir_profiles import resources
from hie.operations.city.city import City, Feed
from hie.operations.city.hl7v2_messages import Payload
from hie.operations.demo import clients, doors
from hie.operations.demo.clients import Registered
from hie.operations.demo.doors import Tally
from hie.wiring import Exchange
from record_store import inbox_desk
from record_store.database import cursor, unit_of_work

_MEDIA: Final = {"soap": "text/xml; charset=utf-8", "json": "application/json", "cda": "application/xml"}
_POSITIONS: Final = """
select s.name, p.position from pull_position p join source s on s.id = p.source
"""
PATIENCE: Final = 1800.0


class Stuck(RuntimeError):
    """The city could not be brought in: a door failed, or messages waited for half an hour; the text says which."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the city's arrival did: messages stored and refused by the inbox's count, and those that a door turned away."""

    turned_away: int
    stored: int
    refused: int


def bring_in(exchange: Exchange, city: City, registered: dict[str, Registered], console: Console) -> Arrived:
    """Send every feed through its door at the same time, with a progress bar, until nothing waits."""
    total = sum(len(feed.payloads) for feed in city.feeds if feed.door != "view")
    columns = (TextColumn("{task.description:<34}"), BarColumn(32), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=False) as progress:
        sending = progress.add_task("Through the doors", total=total)
        keeping = progress.add_task("Into the record", total=total)
        tally = Tally(told=lambda count: progress.update(sending, advance=count))
        sender = _Background(lambda: _send(exchange, city, registered, tally))
        state = {"waiting": 0, "done": 0, "refused": 0, "failed": 0}
        waited = 0.0
        while True:
            state = _states(exchange)
            kept = state["done"] + state["refused"] + state["failed"]
            progress.update(keeping, completed=kept, total=max(total, sum(state.values())))
            if (
                sender.ended
                and not state["waiting"]
                and _pulled(exchange, city)
                and _collected(exchange, city)
            ):
                break
            threading.Event().wait(0.4)
            waited += 0.4
            if waited > PATIENCE:
                raise Stuck(f"{state['waiting']} messages still wait; `hie inbox list` shows them")
        sender.join()
    return Arrived(tally.refused, state["done"], state["refused"] + state["failed"])


class _Background:
    """A task in a thread whose failure is raised where it is joined."""

    def __init__(self, task: Callable[[], None]) -> None:
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(task,), daemon=True)
        self._thread.start()

    def _run(self, task: Callable[[], None]) -> None:
        try:
            task()
        except Exception as failure:
            self._failure = failure

    @property
    def ended(self) -> bool:
        if self._failure:
            fault = type(self._failure).__name__
            raise Stuck(
                f"A door failed ({fault}); the logs tell why, and the next start goes on"
            ) from self._failure
        return not self._thread.is_alive()

    def join(self) -> None:
        self._thread.join()


def _send(exchange: Exchange, city: City, registered: dict[str, Registered], tally: Tally) -> None:
    doors.at_once([partial(_send_feed, exchange, feed, registered, tally) for feed in city.feeds])


def _send_feed(exchange: Exchange, feed: Feed, registered: dict[str, Registered], tally: Tally) -> None:
    settings = exchange.settings
    if feed.door == "mllp":
        doors.send_mllp(settings.mllp_port, feed.payloads, tally)
    elif feed.door == "csv":
        doors.drop(settings.drop_folder / feed.credential, feed.payloads, tally)
    elif feed.door in _MEDIA and feed.payloads:
        with httpx.Client(base_url=settings.base_url, timeout=60) as http:
            for part in _parts(feed):
                bearer = clients.token(http, settings.base_url, registered[feed.name], "system/Bundle.c")
                http.headers["authorization"] = f"Bearer {bearer}"
                doors.post(http, f"/doors/{feed.door}", part, _MEDIA[feed.door], tally)


def _parts(feed: Feed, size: int = 200) -> Sequence[tuple[Payload, ...]]:
    """The payloads in portions, each sent under a fresh token."""
    return [feed.payloads[start : start + size] for start in range(0, len(feed.payloads), size)]


def _states(exchange: Exchange) -> dict[str, int]:
    with unit_of_work(exchange.engine) as connection:
        counted = inbox_desk.counters(cursor(connection))
    states = {"waiting": 0, "done": 0, "refused": 0, "failed": 0}
    for of_source in counted.values():
        for state, number in of_source.items():
            states[state] += number
    return states


def _pulled(exchange: Exchange, city: City) -> bool:
    """Whether the pull has gone past the last row of each view."""
    with unit_of_work(exchange.engine) as connection:
        cur = cursor(connection)
        cur.execute(_POSITIONS)
        positions = {name: resources.loads(text) for name, text in cur.fetchall() if text}
    reached = positions.get("clinic-view", {})
    for view, rows in city.clinic_rows.items():
        last: datetime | None = rows[-1]["gxsj"] if rows else None
        if last and reached.get(view, "") < last.isoformat():
            return False
    return True


def _collected(exchange: Exchange, city: City) -> bool:
    """Whether no file is left in the drop folders."""
    folders = [exchange.settings.drop_folder / feed.credential for feed in city.feeds if feed.door == "csv"]
    return not any(path.is_file() for folder in folders if folder.is_dir() for path in folder.iterdir())
