"""The pipeline on one screen: claim, translate, check, identify, label, write, finish; one transaction for a batch.

A message that fails is taken out alone with its reason while its neighbours go on. A worker that dies leaves its
batch waiting: nothing of it happened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psycopg2
import structlog
from sqlalchemy import Engine

from consent.relabel import spread
from fhir_profiles import instant
from fhir_profiles.outcome import Failure, Issue
from hie import drafts, retirement
from hie.senders import Directory, adapter_source
from hie.translation import Prepared, prepare
from record_store import inbox, resident_index
from record_store.database import Cursor, cursor, once_more, unit_of_work
from record_store.encounter_labels import labels_of
from record_store.exchange_record import refresh
from record_store.resident_merges import apply_source_merge
from record_store.rule_sets import rule_set_ids
from record_store.source_patients import stored_patients
from record_store.write import write

BATCH = 200

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one run did: messages claimed, stored, refused, and resources with a new version."""

    claimed: int = 0
    stored: int = 0
    refused: int = 0
    resources: int = 0


def run_batch(engine: Engine, directory: Directory, secret: bytes, limit: int = BATCH) -> Batch:
    """Work on up to `limit` waiting messages. `secret` keys the digests of the resident index.

    When the database ends the whole batch (a statement too slow, a connection lost), its messages are tried one by
    one, and the one that ends its batch of one waits longer each time, so that it cannot stop the others for ever.
    """
    taken: list[int] = []
    try:
        return once_more(lambda: _run(engine, directory, secret, limit, taken))
    except psycopg2.OperationalError:
        if not taken:
            raise
        if len(taken) == 1:
            _blame(engine, taken[0])
            return Batch(claimed=1, refused=1)
        log.warning("batch_apart", messages=len(taken))
        return _sum(run_batch(engine, directory, secret, 1) for _ in range(len(taken)))


def _run(engine: Engine, directory: Directory, secret: bytes, limit: int, taken: list[int]) -> Batch:
    with unit_of_work(engine, "hie_writer") as connection:
        cur = cursor(connection)
        cur.execute("set local idle_in_transaction_session_timeout = 0")
        claimed = sorted(inbox.claim(cur, limit, instant.now()), key=lambda message: message.id)
        taken[:] = [message.id for message in claimed]
        if not claimed:
            return Batch()
        prepared = []
        for message in claimed:
            sender = directory.by_id(message.source)
            if sender is None:
                reason = Issue("security", "Its source is no longer registered", reason="unknown-sender")
                inbox.refuse(cur, message.id, [reason], instant.now())
            else:
                prepared.append(prepare(message, adapter_source(sender)))
        written = _store_apart(cur, prepared, secret)
        now = instant.now()
        good = [one for one in prepared if not one.refused]
        inbox.finish(cur, [one.message.id for one in good], now)
        inbox.note(cur, [(one.message.id, one.issues) for one in good if one.issues])
        for one in prepared:
            if one.refused and one.issues:
                inbox.refuse(cur, one.message.id, one.issues, now)
        return Batch(len(claimed), len(good), len(claimed) - len(good), written)


def _store_apart(cur: Cursor, group: list[Prepared], secret: bytes) -> int:
    """Store a group; when that fails, its halves, down to the message that fails."""
    group = [one for one in group if one.parts]
    if not group:
        return 0
    cur.execute("savepoint parts")
    try:
        written = _store(cur, group, secret)
    except (psycopg2.errors.DeadlockDetected, psycopg2.errors.SerializationFailure):
        raise
    except Exception as fault:
        if cur.connection.closed:
            raise
        cur.execute("rollback to savepoint parts")
        if len(group) == 1:
            _take_out(cur, group[0], fault)
            return 0
        half = len(group) // 2
        return _store_apart(cur, group[:half], secret) + _store_apart(cur, group[half:], secret)
    cur.execute("release savepoint parts")
    return written


def _blame(engine: Engine, message: int) -> None:
    """Count a failed attempt in a transaction of its own: the one of the attempt is gone."""
    log.error("message_postponed", message=message, fault="OperationalError")
    reason = Issue("exception", "A fault of the exchange; the message is tried again", reason="storage-fault")
    with unit_of_work(engine) as connection:
        inbox.postpone(cursor(connection), message, [reason], instant.now())


def _sum(batches: Iterable[Batch]) -> Batch:
    every = list(batches)
    return Batch(
        *(
            sum(getattr(batch, name) for batch in every)
            for name in ("claimed", "stored", "refused", "resources")
        )
    )


def _take_out(cur: Cursor, one: Prepared, fault: Exception) -> None:
    if isinstance(fault, Failure):
        one.refused, one.issues = True, fault.issues + one.issues
        return
    log.error("message_postponed", message=one.message.id, fault=type(fault).__name__, exc_info=False)
    reason = Issue("exception", "A fault of the exchange; the message is tried again", reason="storage-fault")
    inbox.postpone(cur, one.message.id, [reason], instant.now())
    one.refused, one.issues = True, []


def _store(cur: Cursor, group: Sequence[Prepared], secret: bytes) -> int:
    now = instant.now()
    retirement.keep_what_is_known(group, stored_patients(cur, retirement.retired(group)))
    strangers = drafts.strangers(group)
    patients = drafts.patients_of(group) | strangers
    residents = resident_index.identify(
        cur,
        [patient for patient, _ in patients.values()],
        {identity: source for identity, (_, source) in patients.items()},
        now,
        secret=secret,
    )
    visits = labels_of(cur, drafts.visit_references(group))
    rule_sets = rule_set_ids(cur, {part.rule_set for one in group for part in one.parts})
    changed = set(residents.changed)
    made = drafts.of_strangers(strangers, residents) + drafts.drafts_of(group, residents, visits, rule_sets)
    written = write(cur, made, now)
    spread(cur, ((draft.resident_id, draft.id, draft.labels) for draft in made if draft.type == "Encounter"))
    changed |= {done.resident_id for done in written if done.type == "Patient" and done.changed}
    for one in group:
        for part in one.parts:
            for survivor, retired in part.merges:
                changed |= apply_source_merge(cur, survivor, retired, now)
    return sum(done.changed for done in written) + refresh(cur, changed, now)
