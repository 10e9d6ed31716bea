"""The same promises as policy, residual and SQL, written once more: slow, obvious, straight from the FHIR Consents.

It shares no code with them but the shapes of its inputs, reads one row and one document at a time, and is never asked
in production. A test draws directives, rows and callers by chance and demands that both agree on every row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from consent.actor import Actor
from consent.decision import Relations

Consent = dict[str, Any]

SENSITIVE = (
    "HIV_STD",
    "MENTAL",
    "REPRODUCTIVE",
    "GENETIC",
    "SUBSTANCE",
    "ABUSE",
    "UNKNOWN_SENSITIVE_DEPARTMENT",
)
NARROWER = {"TREAT": ("TREAT", "ETREAT", "BTG"), "ETREAT": ("ETREAT", "BTG"), "PATRQT": ("PATRQT", "FAMRQT")}
DIRECTORY = ("Organization", "Practitioner", "Location", "Medication")


@dataclass(frozen=True, slots=True)
class Fact:
    """One row as people would describe it: `reference` and `encounter` are `Type/id`."""

    reference: str
    resident: int
    labels: frozenset[str]
    source: int
    encounter: str = ""


def visible(  # noqa: PLR0911 - one return for each sentence of the policy
    fact: Fact,
    actor: Actor,
    relations: Mapping[int, Relations],
    consents: Mapping[int, list[Consent]],
    now: datetime,
) -> bool:
    """May this caller see this row? `relations` and `consents` are by resident; the caller passed the floor."""
    if fact.resident == 0:
        return actor.role == "system" or fact.reference.split("/")[0] in DIRECTORY
    if actor.role == "authority":
        return "NOTIFIABLE" in fact.labels
    if actor.role == "resident" and actor.resident_id == fact.resident:
        return True
    bound = relations.get(fact.resident, Relations())
    speaking = [one for one in consents.get(fact.resident, []) if _speaks(one, actor, now)]
    if any(_effect(one) == "deny" for one in speaking if _names(one, fact)):
        return False
    if actor.role == "system":
        return bool(bound.permit)
    if actor.role == "resident":
        return bound.proxy_until is not None and now < bound.proxy_until
    if bound.emergency_until is not None and now < bound.emergency_until:
        return True
    return any(_names(one, fact) for one in speaking) or _unnamed(fact, actor, bound, speaking, now)


def _unnamed(fact: Fact, actor: Actor, bound: Relations, speaking: list[Consent], now: datetime) -> bool:
    """A row that no Consent names one by one."""
    sensitive = [label for label in fact.labels if label in SENSITIVE]
    if not sensitive:
        return _ordinary(fact, actor, bound, speaking, now)
    words = [_of_category(label, speaking) for label in sensitive]
    if "deny" in words:
        return False
    if "" not in words:
        return True
    general = [one for one in speaking if not _labels(one) and not _this(one)]
    who = [one for one in general if _who(one)] or general
    return fact.source in bound.sources and not any(_effect(one) == "deny" for one in who)


def _ordinary(fact: Fact, actor: Actor, bound: Relations, speaking: list[Consent], now: datetime) -> bool:
    """A row without a sensitive label: who, then purpose, then the region's default."""
    general = [one for one in speaking if not _labels(one) and not _this(one)]
    decisive = [one for one in general if _who(one)] or general
    if decisive:
        return all(_effect(one) == "permit" for one in decisive)
    if bound.card_until is not None and now < bound.card_until:
        return True
    shown = actor.card_present.get(fact.resident)
    if shown is not None and now < shown:
        return True
    if bound.open_encounter and actor.role == "clinician":
        return True
    return fact.source in bound.sources


def _of_category(label: str, speaking: Iterable[Consent]) -> str:
    """What the directives say about one category: permit, deny, or nothing."""
    about = [one for one in speaking if label in _labels(one)]
    decisive = [one for one in about if _who(one)] or about
    if not decisive:
        return ""
    return "permit" if all(_effect(one) == "permit" for one in decisive) else "deny"


def _speaks(consent: Consent, actor: Actor, now: datetime) -> bool:
    """Whether a Consent is in force now, for this purpose and this caller."""
    if consent["status"] != "active":
        return False
    provision = consent["provision"]
    period = provision.get("period", {})
    if "start" in period and now < _moment(period["start"], last=False):
        return False
    if "end" in period and now >= _moment(period["end"], last=True):
        return False
    purposes = [coding["code"] for coding in provision.get("purpose", [])]
    covered = [one for purpose in purposes for one in NARROWER.get(purpose, (purpose,))]
    if purposes and actor.purpose not in covered and not (actor.role == "system" and actor.purpose == ""):
        return False
    who = _who(consent)
    return not who or who in (
        ("urn:hie:organisation", actor.organisation),
        ("urn:hie:department", f"{actor.organisation}/{actor.department}"),
        ("urn:hie:practitioner", actor.subject),
    )


def _names(consent: Consent, fact: Fact) -> bool:
    """Whether a Consent is about this record, or about the visit that it belongs to or is."""
    this = _this(consent)
    if not this:
        return False
    meaning, reference = this
    return reference == fact.reference or (meaning == "related" and reference == fact.encounter)


def _this(consent: Consent) -> tuple[str, str] | None:
    for entry in consent["provision"].get("data", []):
        return entry["meaning"], entry["reference"]["reference"]
    return None


def _who(consent: Consent) -> tuple[str, str] | None:
    for actor in consent["provision"].get("actor", []):
        identifier = actor["reference"]["identifier"]
        return identifier["system"], identifier["value"]
    return None


def _labels(consent: Consent) -> list[str]:
    return [coding["code"] for coding in consent["provision"].get("securityLabel", [])]


def _effect(consent: Consent) -> str:
    return str(consent["provision"]["type"])


def _moment(text: str, *, last: bool) -> datetime:
    if "T" in text:
        return datetime.fromisoformat(text).astimezone(UTC)
    day = datetime.fromisoformat(f"{text}T00:00:00+08:00")
    return day + timedelta(days=1) if last else day
