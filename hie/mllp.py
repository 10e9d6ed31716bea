"""HL7v2 over MLLP: frames in, acknowledgements out, and nothing acknowledged before it is durable.

HL7v2 chapter 2 §2.9 (original and enhanced mode) and MLLP release 1. One asyncio protocol for each connection;
answers leave in the order in which their messages came.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import cast

import structlog

from adapters.hl7v2.acknowledgement import acknowledge
from adapters.hl7v2.framing import Framer, frame
from adapters.hl7v2.header import Header, peek
from fhir_profiles import instant
from fhir_profiles.outcome import Issue
from hie.intake import Intake
from hie.intake_checks import refusal
from hie.senders import Directory
from record_store.inbox import Arrival, Receipt

IDLE_FRAME_SECONDS = 30.0
OUTSTANDING = 256

log = structlog.get_logger()


@dataclass
class Listener:
    """What every connection shares."""

    intake: Intake
    directory: Directory
    message_limit: int
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    connections: set["Connection"] = field(default_factory=set)

    def control_id(self) -> str:
        """MSH-10 of an acknowledgement of ours."""
        return f"{instant.now():%Y%m%d%H%M%S%f}{next(self.numbers)}"[:20]


class Connection(asyncio.Protocol):
    """One sender's connection."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.framer = Framer(listener.message_limit)
        self.answers: deque[tuple[Header, list[Issue], Future[Receipt] | None]] = deque()
        self.transport: asyncio.Transport | None = None
        self.loop = asyncio.get_running_loop()
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.listener.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.listener.connections.discard(self)
        self.transport = None
        if self.timer:
            self.timer.cancel()

    def data_received(self, data: bytes) -> None:
        for message in self.framer.feed(data):
            self._take(message)
        self._await_rest()
        if len(self.answers) > OUTSTANDING and self.transport:
            self.transport.pause_reading()

    def _take(self, message: bytes) -> None:
        header = peek(message)
        sender = self.listener.directory.at_door("mllp", (header.facility, header.application))
        issues = refusal(message, header, sender)
        if sender is None:
            self.answers.append((header, issues, None))
            self._answer()
            return
        future = self.listener.intake.receive(
            Arrival(
                source=sender.id,
                door="mllp",
                control_id=header.control_id,
                patient_key=header.patient_key,
                payload=bytes(message),
                issues=issues,
            )
        )
        self.answers.append((header, issues, future))
        future.add_done_callback(lambda _: self.loop.call_soon_threadsafe(self._answer))

    def _answer(self) -> None:
        """Send every answer whose turn has come."""
        while self.answers and (self.answers[0][2] is None or self.answers[0][2].done()):
            header, issues, future = self.answers.popleft()
            if self.transport:
                self.transport.write(frame(self._acknowledgement(header, issues, future)))
        if self.transport and len(self.answers) <= OUTSTANDING // 2:
            self.transport.resume_reading()

    def _acknowledgement(self, header: Header, issues: list[Issue], future: Future[Receipt] | None) -> bytes:
        code = "A"
        if future is not None and future.exception():
            issues = [
                Issue(
                    "transient",
                    "The exchange could not keep the message; send it again later",
                    reason="not-durable",
                )
            ]
            code = "E"
        elif any(issue.severity in ("error", "fatal") for issue in issues):
            code = "E" if future is not None else "R"
        return acknowledge(
            header,
            ("C" if header.enhanced else "A") + code,
            issues,
            control_id=self.listener.control_id(),
            moment=instant.now(),
        )

    def _await_rest(self) -> None:
        """A frame that was begun and not ended within half a minute closes the connection (slow senders)."""
        if self.timer:
            self.timer.cancel()
            self.timer = None
        if self.framer.pending:
            self.timer = self.loop.call_later(IDLE_FRAME_SECONDS, self._abandon)

    def _abandon(self) -> None:
        log.warning("mllp_frame_abandoned", bytes=self.framer.pending)
        if self.transport:
            self.transport.close()


async def serve(listener: Listener, host: str, port: int) -> asyncio.Server:
    """Listen; the caller closes the server."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Connection(listener), host, port, reuse_address=True)
