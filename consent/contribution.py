"""Who may add to and change the record through the API. Feeds do not come this way: depositing is their duty by law.

A clinician adds to the record of a resident in care (an open encounter, a shown card, a sharing consent), also where
the resident has closed it to reading; changing or deleting wants the row in sight. Residents add measurements and
answers of their own. The directory (institutions, people at work) is the exchange's.
"""

import weakref
from datetime import datetime
from typing import Any

from consent import relations, rule_store
from consent.actor import Actor
from consent.decision import Relations, Request
from consent.judgement import forbidden, judge
from consent.policy import decide
from consent.residual import Extent
from consent.rules import NO_DIRECTIVES
from fhir_profiles import ids, instant
from fhir_profiles.outcome import Forbidden, NotFound
from fhir_profiles.resource_types import NUMBER
from record_store.logical_ids import uuid_of

OWN_CONTRIBUTIONS = ("Observation", "QuestionnaireResponse", "Communication", "Task", "MedicationStatement")
"""What residents may add to their own record."""

REGISTRATION = ("Patient",)
"""What a clinician may add before anything binds the institution to the resident: that is how care begins."""


def may_write(
    cursor: Any, secret: bytes, actor: Actor, action: str, type_: str, resident: int, target: str = ""
) -> None:
    """Pass, or raise Forbidden with its coded reason; NotFound for changing a row that the caller may not see.

    `action` is create, update, patch or delete; `resident` 0 for rows without a resident; `target` the logical id.
    The cursor may select the record (hie_writer). The caller traces the change in the same transaction.
    """
    now = instant.now()
    if actor.role == "system":
        _permitted(cursor, actor, action, type_, now)
    elif actor.role == "resident":
        _own(actor, action, type_, resident, now)
    elif actor.role == "clinician":
        _in_care(cursor, rule_store.seal_key(secret), actor, action, type_, resident, target, now)
    else:
        raise Forbidden("This role changes nothing in the record", reason="write-not-allowed")


def _permitted(cursor: Any, actor: Actor, action: str, type_: str, now: datetime) -> None:
    """The conformance client's permit, asked once for each kind of change in a transaction."""
    asked = _permits.setdefault(cursor, set())
    question = (actor.subject, actor.client_id, actor.purpose, actor.scopes, action, type_)
    if question not in asked:
        judge(cursor, b"", actor, action, type_, [], now)
        asked.add(question)


_permits: weakref.WeakKeyDictionary[Any, set[tuple[object, ...]]] = weakref.WeakKeyDictionary()


def _own(actor: Actor, action: str, type_: str, resident: int, now: datetime) -> None:
    decision = decide(Request(actor, action, type_, resident), NO_DIRECTIVES, Relations(), now)
    if not decision.permits:
        raise forbidden(decision)
    if action != "create" or type_ not in OWN_CONTRIBUTIONS:
        raise Forbidden(
            "Residents add measurements and answers; they change nothing else", reason="write-not-allowed"
        )


def _in_care(
    cursor: Any, key: bytes, actor: Actor, action: str, type_: str, resident: int, target: str, now: datetime
) -> None:
    if not resident and type_ not in REGISTRATION:
        raise Forbidden("The directory is kept by the exchange", reason="directory-not-yours")
    judged = judge(cursor, key, actor, action, type_, [resident], now)
    if action == "create" and type_ in REGISTRATION:
        return
    if not resident:
        raise NotFound("There is no such resource, or none that you may see", reason="not-found")
    decision = judged.decisions[resident]
    if action == "create":
        bound = relations.load(cursor, actor, [resident], now)[resident]
        shown = actor.card_present.get(resident, now) > now
        treats = bound.open_encounter or bound.card_until or shown
        if not treats and decision.residual.extent is not Extent.ALL:
            raise forbidden(decision)
        return
    if not decision.permits:
        raise forbidden(decision)
    identity = uuid_of(type_, target)
    visible, parameters = judged.visibility.where("r")
    cursor.execute(
        f"select {visible} from resource r where r.bucket = %(bucket)s and r.id = %(id)s and r.type = %(type)s",
        {**parameters, "bucket": ids.bucket(identity), "id": str(identity), "type": NUMBER[type_]},
    )
    row = cursor.fetchone()
    if row is not None and not row[0]:
        raise NotFound("There is no such resource, or none that you may see", reason="not-found")
