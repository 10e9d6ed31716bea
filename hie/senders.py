"""Who may send: the registered sources, found by the name they give at a door."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Engine

from adapters.source import Source
from record_store import sources
from record_store.database import cursor, unit_of_work
from record_store.sources import Sender

FRESH_FOR = 5.0
TRY = "try"


def adapter_source(sender: Sender) -> Source:
    """What the pure adapters are told about a sender."""
    return Source(
        name=sender.name,
        organisation=sender.organisation,
        identifier_system=sender.identifier_system,
        zone=sender.zone,
        charset=sender.charset,
        feed_map=sender.feed_map,
        strict=sender.strict,
    )


@dataclass
class Directory:
    """The senders, re-read when older than five seconds, so that a new registration needs no restart.

    With `open_city` (the demonstration alone) a sender nobody knows is the source `try`.
    """

    engine: Engine
    open_city: bool = False
    _by_key: dict[tuple[str, str], Sender] = field(default_factory=dict)
    _by_id: dict[int, Sender] = field(default_factory=dict)
    _read: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at_door(self, door: str, names: Iterable[str]) -> Sender | None:
        """The sender behind one of the names that came with a message; None: unknown here."""
        self._refresh()
        for name in names:
            if name and (sender := self._by_key.get((door, name))):
                return sender
        return self._by_key.get(("", TRY)) if self.open_city else None

    def by_id(self, identity: int) -> Sender | None:
        """The sender of an inbox row."""
        self._refresh()
        if identity not in self._by_id:
            self._read = 0.0
            self._refresh()
        return self._by_id.get(identity)

    def of_door(self, door: str) -> list[Sender]:
        """All senders that use one door."""
        self._refresh()
        return [sender for sender in self._by_id.values() if sender.door == door]

    def of_organisation(self, organisation: str) -> list[Sender]:
        """All feeds of one organisation."""
        self._refresh()
        return [sender for sender in self._by_id.values() if sender.organisation == organisation]

    def _refresh(self) -> None:
        if time.monotonic() - self._read < FRESH_FOR and self._read:
            return
        with self._lock:
            if time.monotonic() - self._read < FRESH_FOR and self._read:
                return
            with unit_of_work(self.engine) as connection:
                known = sources.senders(cursor(connection))
            by_key: dict[tuple[str, str], Sender] = {}
            for sender in known:
                by_key[(sender.door, sender.credential or sender.name)] = sender
                by_key.setdefault((sender.door, sender.name), sender)
                if sender.name == TRY:
                    by_key[("", TRY)] = sender
            self._by_key, self._by_id = by_key, {sender.id: sender for sender in known}
            self._read = time.monotonic()
