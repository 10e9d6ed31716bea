"""A directive as the decision sees it: a few masks and ids, compiled from a signed Consent when it is stored."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Literal
from uuid import UUID

from consent.actor import Actor
from consent.purposes import ANY, BIT

WhoKind = Literal["", "organisation", "department", "clinician"]


class Rank(IntEnum):
    """Specificity: the highest applicable rank decides; at equal rank a denial wins."""

    PURPOSE = 2
    WHO = 3
    WHAT = 4
    WHAT_AND_WHO = 5
    THIS = 6


@dataclass(frozen=True, slots=True)
class Rule:
    """One switch of one resident.

    `purposes` and `labels` are masks; `who` is an organisation code, `organisation/department`, or a subject;
    `record` is the id of one resource, `visit` the short id of one Encounter (then `record` is the Encounter
    itself). `start` is inclusive, `end` exclusive.
    """

    consent: UUID
    version: int
    rank: Rank
    permit: bool
    purposes: int
    labels: int = 0
    who_kind: WhoKind = ""
    who: str = ""
    record: UUID | None = None
    visit: int | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Directives:
    """The rules of one resident. `intact` is false when stored rules differ from what was signed and compiled."""

    rules: tuple[Rule, ...] = ()
    epoch: int = 0
    intact: bool = True


NO_DIRECTIVES = Directives()


def applies(rule: Rule, actor: Actor, now: datetime) -> bool:
    """Whether a rule speaks about this caller, this purpose and this moment."""
    asked = BIT.get(actor.purpose, ANY if actor.role == "system" else 0)
    if not rule.purposes & asked:
        return False
    if (rule.start and now < rule.start) or (rule.end and now >= rule.end):
        return False
    match rule.who_kind:
        case "organisation":
            return rule.who == actor.organisation
        case "department":
            return rule.who == f"{actor.organisation}/{actor.department}"
        case "clinician":
            return rule.who == actor.subject
        case _:
            return True
