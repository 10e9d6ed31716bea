"""Group commit for everything that arrives: whatever waits goes into the inbox in one transaction.

A door hands over an arrival and gets a future; the future answers when the bytes are durable, never before. While
one group commits, the next one gathers, so that many senders share one disk sync.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Engine

from fhir_profiles import instant
from record_store import inbox
from record_store.database import cursor, unit_of_work
from record_store.inbox import Arrival, Receipt

LARGEST_GROUP = 500
LARGEST_GROUP_BYTES = 32 * 1024 * 1024
WAITING_LIMIT = 2_000

log = structlog.get_logger()


@dataclass
class Intake:
    """The one way into the inbox of a process. `wake` is called after each group; `close` commits what waits and
    stops."""

    engine: Engine
    wake: Callable[[], None] | None = None
    _waiting: queue.Queue[tuple[Arrival, Future[Receipt]] | None] = field(
        default_factory=lambda: queue.Queue(WAITING_LIMIT)
    )
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to commit groups."""
        self._thread = threading.Thread(target=self._commit_groups, name="intake", daemon=True)
        self._thread.start()

    def receive(self, arrival: Arrival) -> Future[Receipt]:
        """Hand over one arrival; blocks while too many wait (back-pressure on the sender)."""
        future: Future[Receipt] = Future()
        self._waiting.put((arrival, future))
        return future

    def close(self) -> None:
        """Commit what waits, then stop."""
        if self._thread:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _commit_groups(self) -> None:
        closing = False
        while not closing:
            first = self._waiting.get()
            if first is None:
                return
            group, closing = self._gather(first)
            try:
                receipts = self._store([arrival for arrival, _ in group])
            except Exception as fault:
                log.error("inbox_unavailable", waiting=len(group), fault=type(fault).__name__)
                for _, future in group:
                    future.set_exception(fault)
                continue
            for (_, future), receipt in zip(group, receipts, strict=True):
                future.set_result(receipt)
            if self.wake:
                self.wake()

    def _gather(
        self, first: tuple[Arrival, Future[Receipt]]
    ) -> tuple[list[tuple[Arrival, Future[Receipt]]], bool]:
        group, size = [first], len(first[0].payload)
        while len(group) < LARGEST_GROUP and size < LARGEST_GROUP_BYTES:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return group, True
            group.append(item)
            size += len(item[0].payload)
        return group, False

    def _store(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        with unit_of_work(self.engine) as connection:
            return inbox.receive(cursor(connection), arrivals, instant.now())
