"""Ingest: a city's messages from received bytes to stored versions, split into what we and what PostgreSQL spend."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from adapters import content, hl7v2
from adapters.hl7v2.header import peek
from fhir_profiles import instant, resources
from hie import ingest
from hie.operations.bench import limits
from hie.operations.bench.figures import Figure
from hie.operations.bench.processor_time import Meter
from hie.operations.city.city import City
from hie.senders import adapter_source
from hie.wiring import Exchange
from record_store import inbox, sources
from record_store.database import cursor, unit_of_work
from record_store.inbox import Arrival
from record_store.sources import Sender

GROUP = 200


@dataclass(frozen=True, slots=True)
class Received:
    """One message as a door would hand it in, and its sender."""

    arrival: Arrival
    sender: Sender


def messages(exchange: Exchange, city: City) -> list[Received]:
    """The city's messages of all feeds but the files, in the order of time."""
    with unit_of_work(exchange.engine) as connection:
        senders = {sender.name: sender for sender in sources.senders(cursor(connection))}
    found = [
        (payload.moment, _received(senders[feed.name], feed.door, payload.content))
        for feed in city.feeds
        if feed.door not in ("csv", "view")
        for payload in feed.payloads
    ]
    found.sort(key=lambda pair: pair[0])
    return [received for _, received in found]


def _received(sender: Sender, door: str, payload: bytes) -> Received:
    header = peek(payload) if door == "mllp" else None
    control_id = header.control_id if header else hashlib.sha256(payload).hexdigest()[:20]
    key = header.patient_key if header else ""
    return Received(Arrival(sender.id, door, control_id, payload, key), sender)


def measure(
    exchange: Exchange,
    received: Sequence[Received],
    told: Callable[[int], None],
    postmaster: int,
    owner_url: str,
) -> list[Figure]:
    """Intake and work of all messages, beside COPY of the resources that come out of them."""
    begun = time.monotonic()
    for start in range(0, len(received), GROUP):
        with unit_of_work(exchange.engine) as connection:
            inbox.receive(
                cursor(connection), [one.arrival for one in received[start : start + GROUP]], instant.now()
            )
    intake = len(received) / (time.monotonic() - begun)
    _warm(exchange)
    meter, stored, written = Meter(postmaster), 0, 0
    while (
        batch := ingest.run_batch(exchange.engine, exchange.directory, exchange.key("resident-index"))
    ).claimed:
        stored += batch.stored
        written += batch.resources
        told(batch.claimed)
    spent = meter.spent()
    bodies = list(_bodies(received))
    best = limits.copy_in(owner_url, bodies)
    done = max(stored, 1)
    return [
        Figure(
            "ingest, resources",
            "resources/s",
            written / spent.elapsed,
            "COPY of the same resources, no index",
            best,
            {
                "messages_per_second": stored / spent.elapsed,
                "messages": stored,
                "resources": written,
                "client_ms_per_message": spent.client / done * 1000,
                "postgresql_ms_per_message": spent.database / done * 1000,
                "intake_messages_per_second": intake,
            },
        )
    ]


def _warm(exchange: Exchange) -> None:
    """The first message compiles mapping rules and schemas; that is no part of the rate."""
    ingest.run_batch(exchange.engine, exchange.directory, exchange.key("resident-index"), limit=20)


def _bodies(received: Sequence[Received]) -> Iterator[bytes]:
    for one in received:
        source = adapter_source(one.sender)
        payload = one.arrival.payload
        parts = (
            hl7v2.translate(payload, source)
            if one.arrival.door == "mllp"
            else content.translate(payload, source)
        )
        for part in parts:
            yield from map(resources.dumps, part.resources)
