"""From a question to what may be seen: loads the evidence, asks the policy, and makes the visibility of a query."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consent import relations, rule_store
from consent.actor import Actor
from consent.decision import Decision, Outcome, Relations, Request
from consent.policy import decide
from consent.residual import EVERYTHING, NOTHING
from consent.rules import NO_DIRECTIVES
from consent.visible_rows import VisibleRows, of_everybody, of_residents
from fhir_profiles import ids
from fhir_profiles.outcome import Forbidden
from fhir_profiles.resource_types import NUMBER
from record_store.logical_ids import is_logical_id, uuid_of

WORDS = {
    "claim-missing-subject": "The token names nobody",
    "claim-missing-organisation": "The token names no organisation",
    "claim-missing-resident": "The session names no resident",
    "purpose-not-allowed": "This role may not state this purpose of use",
    "no-policy-permit": "No policy of this region lets this client in",
    "scope-insufficient": "The scopes granted do not cover this request",
    "export-not-allowed": "Exports are for health authorities",
    "directives-damaged": "The directives of this resident do not verify; the record stays closed until that is mended",
    "not-own-record": "Residents see their own record, and that of a child they are guardian of",
    "no-relation": "Nothing binds you to this resident: ask for the card, or break the glass in an emergency",
    "denied-by-resident": "The resident has closed the record to you; in an emergency, break the glass",
    "card-for-this-step": "This step wants the card again",
    "not-in-force": "The request is not permitted",
}
"""The cause and the way out, in words. Nothing here says anything about one resident's data."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a query may show, and why. `decisions` are by resident (0: the region); `reach` is what the way out that a
    refusal names would open."""

    visibility: VisibleRows
    decisions: dict[int, Decision] = field(default_factory=dict)
    reach: VisibleRows | None = None

    @property
    def refusal(self) -> Decision | None:
        """The decision that refuses, when every one does."""
        refusing = [decision for decision in self.decisions.values() if not decision.permits]
        return refusing[0] if refusing and len(refusing) == len(self.decisions) else None

    @property
    def lacking(self) -> Decision | None:
        """The decision that leaves the caller with its own chart, or nothing, for want of a relation or a permit."""
        return next((decision for decision in self.decisions.values() if decision.reach != NOTHING), None)

    @property
    def basis(self) -> str:
        """The distinct bases of all decisions."""
        found = {basis: None for decision in self.decisions.values() for basis in decision.basis}
        return ";".join(found)


NOTHING_VISIBLE = of_residents({}, "nothing")
DIRECTORY = Decision(Outcome.PERMIT, EVERYTHING, basis=("policy:directory",))
"""The decision about rows without a resident that are no secret: institutions, people at work, medicines."""


def refused(refusal: Forbidden) -> Decision:
    """The decision of the floor, told as data."""
    return Decision(Outcome.DENY, NOTHING, reasons=(refusal.issues[0].reason,), basis=("policy:floor",))


def forbidden(decision: Decision) -> Forbidden:
    """The refusal a decision stands for: coded by its way out, or by its reason where there is none."""
    reason = decision.reasons[0] if decision.reasons else "not-in-force"
    ways_out = (Outcome.NEED_CARD, Outcome.NEED_BREAK_GLASS, Outcome.STEP_UP)
    if decision.outcome in ways_out:
        code = str(decision.outcome)
    elif decision.permits and decision.obligations:
        code = decision.obligations[0]
    else:
        code = reason
    return Forbidden(WORDS.get(reason, WORDS["not-in-force"]), reason=code)


def judge(
    cursor: Any,
    key: bytes,
    actor: Actor,
    action: str,
    type_: str | None,
    residents: Sequence[int] | None,
    now: datetime,
) -> Judged:
    """Decide for the residents a query names, or (None) for all it may span: those in care, oneself, the region.

    An empty sequence leaves the directory alone. Raises Forbidden when the floor refuses, TooCostly beyond the limit.
    """
    bound = relations.permit(cursor, actor, now) if actor.role == "system" else Relations()
    regional = decide(Request(actor, action, type_), NO_DIRECTIVES, bound, now)
    if regional.basis == ("policy:floor",):
        raise forbidden(regional)
    if actor.role in ("authority", "system"):
        conformance = actor.role == "system"
        visible = of_everybody(
            regional.residual, "region", purpose=actor.purpose, now=now, conformance=conformance
        )
        return Judged(visible, {0: regional})
    if residents is None:
        residents = (
            [actor.resident_id or 0] if actor.role == "resident" else relations.in_care(cursor, actor, now)
        )
        return _of(cursor, key, actor, action, type_, residents, now, epoch=_sequence(cursor))
    return _of(cursor, key, actor, action, type_, residents, now)


def resident_of_row(cursor: Any, type_: str, fhir_id: str) -> int | None:
    """The resident of a resource, or of what was deleted there; 0: it has none; None: there is no such row."""
    if type_ not in NUMBER or not is_logical_id(fhir_id):
        return None
    identity = uuid_of(type_, fhir_id)
    place = {"bucket": ids.bucket(identity), "id": str(identity), "type": NUMBER[type_]}
    cursor.execute(
        "select resident_id from resource where bucket = %(bucket)s and id = %(id)s and type = %(type)s",
        place,
    )
    row = cursor.fetchone()
    if row is None:
        cursor.execute(
            "select resident_id from resource_history where bucket = %(bucket)s and id = %(id)s and type = %(type)s"
            " order by version desc limit 1",
            place,
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _of(
    cursor: Any,
    key: bytes,
    actor: Actor,
    action: str,
    type_: str | None,
    residents: Sequence[int],
    now: datetime,
    epoch: str = "",
) -> Judged:
    wanted = [resident for resident in dict.fromkeys(residents) if resident]
    if not wanted:
        return Judged(of_residents({}, epoch or "directory"))
    own = actor.role == "resident" and wanted == [actor.resident_id] and actor.purpose == "PATRQT"
    directives = {} if own else rule_store.load(cursor, key, wanted)
    bound = {} if own else relations.load(cursor, actor, wanted, now)
    decisions = {
        resident: decide(
            Request(actor, action, type_, resident),
            directives.get(resident, NO_DIRECTIVES),
            bound.get(resident, Relations()),
            now,
        )
        for resident in wanted
    }
    if not epoch:
        epoch = ",".join(f"{one}:{directives.get(one, NO_DIRECTIVES).epoch}" for one in sorted(wanted))
    open_ones = {one: decision.residual for one, decision in decisions.items() if decision.permits}
    reach = {one: decision.reach for one, decision in decisions.items() if decision.reach != NOTHING}
    return Judged(of_residents(open_ones, epoch), decisions, of_residents(reach, epoch) if reach else None)


def _sequence(cursor: Any) -> str:
    cursor.execute("select sequence from consent_clock")
    return f"region:{cursor.fetchone()[0]}"
