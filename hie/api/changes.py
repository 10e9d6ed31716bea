"""How the API writes: check, find the resident, label, ask whether the caller may, store, trace; one transaction.

The trace of a change stands or falls with the change. Resources that refer to what the exchange does not know are
taken: the record says what was said. The exchange's own Patients are made by the resident index alone.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from consent import audit, contribution
from consent.actor import Actor
from consent.labels import label_batch
from fhir_profiles import ids, instant, validation
from fhir_profiles.extraction import extract
from fhir_profiles.index_values import IndexValues
from fhir_profiles.outcome import Failure, Forbidden, Invalid, Issue, NotFound, Unprocessable
from fhir_profiles.resources import Resource
from record_store import ensure, resident_index, resident_merges
from record_store.combine import Combiner
from record_store.database import Cursor, cursor, once_more, unit_of_work
from record_store.delete import delete
from record_store.draft import Deletion, Draft, Written
from record_store.encounter_labels import labels_of
from record_store.exchange_record import refresh
from record_store.logical_ids import chosen, is_logical_id, short_of, uuid_of
from record_store.write import write

Action = Literal["create", "update", "delete"]
Criteria = Iterable[tuple[str, Iterable[tuple[str, str]]]]
"""Searches that decide what is written: type and parameters."""

OWNERS = """
select wanted.position, r.resident_id,
       exists (select 1 from resident x where x.id = r.resident_id and x.patient = r.id)
from unnest(%(buckets)s::smallint[], %(ids)s::uuid[]) with ordinality as wanted (bucket, id, position)
join resource r on r.bucket = wanted.bucket and r.id = wanted.id
"""


@dataclass(slots=True)
class Change:
    """One wish: `resource` with its id (None for a deletion); `expected` is the version that If-Match names."""

    actor: Actor
    action: Action
    type: str
    fhir_id: str
    resource: Resource | None = None
    expected: int | None = None
    create_only: bool = False
    values: IndexValues = field(default_factory=IndexValues)

    @property
    def reference(self) -> str:
        return f"{self.type}/{self.fhir_id}"


def new_id(resource: Resource) -> str:
    """The id of a resource to be created: in the bucket of the Patient it names, else anywhere."""
    named = resource.get("subject") or resource.get("patient") or resource.get("beneficiary")
    reference = named.get("reference", "") if isinstance(named, dict) else ""
    type_, _, fhir_id = reference.partition("/") if isinstance(reference, str) else ("", "", "")
    if type_ == "Patient" and is_logical_id(fhir_id):
        return str(ids.created(ids.bucket(uuid_of("Patient", fhir_id))))
    return str(ids.created(secrets.randbelow(ids.BUCKETS)))


def checked(resource: Resource) -> Resource:
    """A resource that is valid R4. Raises Invalid with every issue and where it is."""
    errors = [issue for issue in validation.issues(resource) if issue.severity in ("error", "fatal")]
    if errors:
        raise Invalid(issues=errors)
    return resource


class Changes:
    """Carries changes out; one for each process. Requests that come while a commit runs share the next one."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange
        self._secret = exchange.key("consent")
        self._combiner: Combiner[Sequence[Change], Sequence[Written]] = Combiner(
            exchange.engine, "hie_writer", self._together
        )

    def carry_out(self, changes: Sequence[Change]) -> Sequence[Written]:
        """Carry changes out together, or none of them; their outcomes in the same order, once they are durable.

        Resources must be checked. Raises what makes one of them impossible; what the caller may not do is traced.
        """
        try:
            return self._combiner.submit(changes)
        except (Forbidden, NotFound) as refusal:
            self._trace(changes, refusal)
            raise

    def carry_out_apart(self, wished: Sequence[Sequence[Change]]) -> list[Sequence[Written] | BaseException]:
        """The same for several that do not depend on each other: what each came to, or why it did not."""
        outcomes = self._combiner.submit_all(wished)
        for changes, outcome in zip(wished, outcomes, strict=True):
            if isinstance(outcome, (Forbidden, NotFound)):
                self._trace(changes, outcome)
        return outcomes

    def carry_out_if(self, criteria: Criteria, decide: Callable[[], Sequence[Change]]) -> Sequence[Written]:
        """Hold some criteria, let `decide` search and say what to do, and do it before anybody else may ask."""
        decided: list[Change] = []

        def work() -> Sequence[Written]:
            with unit_of_work(self._exchange.engine, "hie_writer") as connection, cursor(connection) as cur:
                ensure.hold(cur, ((type_, repr(sorted(pairs))) for type_, pairs in criteria))
                decided[:] = decide()
                return self._together(cur, [decided])[0]

        try:
            return once_more(work)
        except (Forbidden, NotFound) as refusal:
            self._trace(decided, refusal)
            raise

    def _trace(self, changes: Sequence[Change], refusal: Failure) -> None:
        """The line of a refusal, apart from the transaction that it rolled back."""
        now, issue = instant.now(), refusal.issues[0]
        lines = [
            audit.line(
                change.actor,
                now,
                "D" if change.resource is None else "C" if change.action == "create" else "U",
                change.action,
                outcome=audit.REFUSED,
                reason=issue.reason or issue.code,
                type_name=change.type,
                target=change.fhir_id,
            )
            for change in changes[:1]
        ]
        if lines:
            self._exchange.trail.write(*lines)

    def _together(self, cur: Cursor, requests: Sequence[Sequence[Change]]) -> Sequence[Sequence[Written]]:
        written = iter(
            _apply(cur, self._exchange, self._secret, [change for request in requests for change in request])
        )
        return [[next(written) for _ in request] for request in requests]


def _apply(cur: Cursor, exchange: Any, secret: bytes, changes: Sequence[Change]) -> list[Written]:
    if not changes:
        return []
    now = instant.now()
    writing = [change for change in changes if change.resource is not None]
    for change in writing:
        change.values = extract(change.resource or {})
    owners = _owners(cur, changes)
    if any(owners.get(change.reference, (0, False))[1] for change in changes):
        raise Unprocessable(
            "This Patient is the exchange's own; write the Patient of a source", reason="exchange-patient"
        )
    identified = _identified(cur, exchange, writing, now)
    residents = [_resident(change, owners, identified) for change in changes]
    for change, resident in zip(changes, residents, strict=True):
        action = change.action if change.reference in owners else "create"
        contribution.may_write(cur, secret, change.actor, action, change.type, resident, change.fhir_id)
    written = _written(cur, exchange, changes, residents, now)
    touched = set(identified.changed) if identified is not None else set()
    touched |= {done.resident_id for done in written if done.type == "Patient" and done.resident_id}
    for change in changes:
        if change.type == "Patient" and change.resource is None:
            touched |= resident_merges.forget(cur, [change.fhir_id], now, by=change.actor.subject)
    refresh(cur, touched, now)
    lines = [_line(now, change, done) for change, done in zip(changes, written, strict=True)]
    audit.record(cur, *lines)
    return written


def _identified(
    cur: Cursor, exchange: Any, writing: list[Change], now: datetime
) -> resident_index.Residents | None:
    patients = [change for change in writing if change.type == "Patient"]
    if not patients:
        return None
    return resident_index.identify(
        cur,
        [change.resource for change in patients if change.resource],
        {change.fhir_id: source_of(exchange, change.actor) for change in patients},
        now,
        secret=exchange.key("resident-index"),
    )


def source_of(exchange: Any, actor: Actor) -> int:
    """The number of the caller's own feed, so that its institution sees what it wrote; 0 when it has none."""
    found = exchange.directory.of_organisation(actor.organisation) if actor.organisation else []
    return min((sender.id for sender in found), default=0)


def _owners(cur: Cursor, changes: Sequence[Change]) -> dict[str, tuple[int, bool]]:
    """Resident, and whether it is an exchange Patient, of all resources that changes name or are about."""
    wanted: dict[str, UUID] = {}
    for change in changes:
        wanted[change.reference] = uuid_of(change.type, change.fhir_id)
        subject = change.values.subject
        if subject and short_of(subject) is not None:
            type_, _, fhir_id = subject.partition("/")
            wanted[subject] = uuid_of(type_, fhir_id)
    names = list(wanted)
    cur.execute(
        OWNERS,
        {
            "buckets": [ids.bucket(identity) for identity in wanted.values()],
            "ids": [str(identity) for identity in wanted.values()],
        },
    )
    return {names[position - 1]: (resident, exchange) for position, resident, exchange in cur.fetchall()}


def _resident(
    change: Change,
    owners: dict[str, tuple[int, bool]],
    identified: resident_index.Residents | None,
) -> int:
    known = owners.get(change.reference, (0, False))[0]
    if change.resource is None:
        return known
    if change.type == "Patient":
        return identified[change.fhir_id] if identified else known
    subject = change.values.subject
    if subject is None or not subject.startswith("Patient/"):
        return known if subject is None and known else 0
    patient = subject.removeprefix("Patient/")
    if identified and patient in identified:
        return identified[patient]
    return owners.get(subject, (0, False))[0]


def _written(
    cur: Cursor, exchange: Any, changes: Sequence[Change], residents: list[int], now: datetime
) -> list[Written]:
    stored = [change.resource for change in changes if change.resource is not None]
    visits = labels_of(
        cur, {c.values.encounter for c in changes if c.values.encounter and short_of(c.values.encounter)}
    )
    labels = iter(label_batch(stored, stored=visits))
    drafts, deletions = [], []
    for change, resident in zip(changes, residents, strict=True):
        identity = uuid_of(change.type, change.fhir_id)
        source = source_of(exchange, change.actor)
        if change.resource is None:
            deletions.append(Deletion(change.type, identity, source, expected=change.expected))
            continue
        drafts.append(
            Draft(
                resource=change.resource,
                type=change.type,
                id=identity,
                resident_id=resident,
                source=source,
                labels=next(labels),
                message=None,
                rule_set=0,
                values=change.values,
                fhir_id=chosen(change.fhir_id),
                expected=change.expected,
                create_only=change.create_only,
            )
        )
    deleted = iter(delete(cur, deletions, now) if deletions else [])
    made = iter(write(cur, drafts, now) if drafts else [])
    return [next(deleted) if change.resource is None else next(made) for change in changes]


def _line(now: datetime, change: Change, done: Written) -> audit.Line:
    action: audit.Action = "D" if change.resource is None else "C" if done.created else "U"
    return audit.line(
        change.actor,
        now,
        action,
        change.action,
        resident=done.resident_id,
        type_name=change.type,
        target=done.fhir_id,
        count=1,
    )


def refuse_bad_id(fhir_id: object) -> None:
    """Invalid for what is no FHIR id."""
    if not isinstance(fhir_id, str) or not is_logical_id(fhir_id):
        raise Invalid(
            issues=[Issue("value", "An id has 1 to 64 letters, digits, '-' and '.'", "id", reason="bad-id")]
        )
