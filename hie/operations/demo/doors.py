"""Senders: they bring payloads through the real doors, the way an institution's own system would.

Each counts what was acknowledged and what was refused, and keeps the order of the messages about one person.
"""

import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from adapters.hl7v2.framing import END, START, Framer
from hie.operations.city.hl7v2_messages import Payload

WINDOW = 64
CONNECTIONS = 4


@dataclass
class Tally:
    """What senders heard back; shared by their threads. `told` is called with the number of new answers."""

    told: Callable[[int], None] = lambda _: None
    accepted: int = 0
    refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, good: bool) -> None:
        """One more answer."""
        with self._lock:
            self.accepted += good
            self.refused += not good
        self.told(1)


def send_mllp(port: int, payloads: Sequence[Payload], tally: Tally, connections: int = CONNECTIONS) -> None:
    """Send a hospital's messages over several connections; all of one person's go over the same one.

    A connection keeps up to 64 messages without their acknowledgement under way. When it breaks it is opened again and
    what was not acknowledged is sent again.
    """
    lanes = [[p for p in payloads if p.person % connections == lane] for lane in range(connections)]
    at_once([partial(_lane, port, deque(lane), tally) for lane in lanes if lane])


def at_once(tasks: Iterable[Callable[[], None]]) -> None:
    """Run tasks in threads; the first failure of any is raised when all have ended."""
    failures: list[BaseException] = []

    def run(task: Callable[[], None]) -> None:
        try:
            task()
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(task,), daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _lane(port: int, waiting: deque[Payload], tally: Tally) -> None:
    attempts = 0
    while waiting:
        try:
            attempts += 1
            _connection(port, waiting, tally)
        except OSError:
            if attempts > 60:
                raise
            threading.Event().wait(0.5)


def _connection(port: int, waiting: deque[Payload], tally: Tally) -> None:
    """Send from `waiting` until it is empty; a payload leaves it when its acknowledgement came."""
    framer = Framer()
    sent = 0
    with socket.create_connection(("localhost", port), timeout=60) as link:
        while waiting:
            batch = bytearray()
            while sent < min(WINDOW, len(waiting)):
                batch += bytes([START]) + waiting[sent].content + bytes([END, 0x0D])
                sent += 1
            if batch:
                link.sendall(batch)
            data = link.recv(65536)
            if not data:
                raise ConnectionError("the listener closed the connection")
            for answer in framer.feed(data):
                tally.count(_accepted(answer))
                waiting.popleft()
                sent -= 1


def _accepted(answer: bytes) -> bool:
    """Whether MSA-1 says that the message was taken (AA or CA)."""
    line = next((part for part in answer.split(b"\r") if part.startswith(b"MSA|")), b"")
    return line[4:6] in (b"AA", b"CA")


def post(client: httpx.Client, path: str, payloads: Sequence[Payload], media_type: str, tally: Tally) -> None:
    """Post each payload to an HTTP door of ours."""
    for payload in payloads:
        answer = client.post(path, content=payload.content, headers={"content-type": media_type})
        tally.count(answer.is_success)


def drop(folder: Path, payloads: Sequence[Payload], tally: Tally) -> None:
    """Put files into a drop folder: written under another name first, so that nobody reads half of one."""
    folder.mkdir(parents=True, exist_ok=True)
    for payload in payloads:
        draft = folder / f"{payload.name}.part"
        draft.write_bytes(payload.content)
        draft.rename(folder / payload.name)
        tally.count(True)
