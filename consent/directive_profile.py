"""Directives as FHIR Consent (https://hl7.org/fhir/R4/consent.html), on the part of it that is enforced here.

One Consent is one switch: `provision.type` permit or deny, at most one `purpose`, an optional `period`, and either

- who: one `actor` (institution, department, clinician, by identifier),
- what: one `securityLabel` of a sensitive category, with or without an `actor`,
- this: one `data` entry, meaning `instance` (a record) or `related` (a visit and all that belongs to it),
- or none of them: everything, for the purpose.

Whatever else a Consent says (nested provisions, classes, codes, data periods, actions) cannot be enforced; such a
Consent is refused as a directive and may be kept as a document without effect.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from consent import purposes
from consent.categories import ACT_CODE, BY_ACT_CODE, SENSITIVE, Label
from consent.categories import SYSTEM as LABEL_SYSTEM
from consent.rules import Rank, Rule, WhoKind
from fhir_profiles.outcome import Issue
from record_store.logical_ids import short_of, uuid_of

Consent = dict[str, Any]

PROFILE = "urn:hie:profile:directive-1"
POLICY_URI = "urn:hie:policy:regional-1"
WHO_SYSTEMS: dict[str, WhoKind] = {
    "urn:hie:organisation": "organisation",
    "urn:hie:department": "department",
    "urn:hie:practitioner": "clinician",
}
ALLOWED = frozenset(
    (
        "resourceType",
        "id",
        "meta",
        "language",
        "status",
        "scope",
        "category",
        "patient",
        "dateTime",
        "policyRule",
        "provision",
    )
)
ENFORCED = frozenset(("type", "period", "actor", "securityLabel", "purpose", "data"))

_RECORD = re.compile(r"([A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def directive(
    identity: UUID,
    patient: str,
    moment: str,
    *,
    permit: bool,
    purpose: str = "",
    who: tuple[str, str] | None = None,
    category: str = "",
    record: str = "",
    visit: str = "",
    start: str = "",
    end: str = "",
) -> Consent:
    """A Consent on the profile. `patient`, `record`, `visit` are `Type/id`; `who` is (organisation | department |
    clinician, value); `category` the name of a label; `moment` an instant; `start` and `end` instants or dates."""
    provision: Consent = {"type": "permit" if permit else "deny"}
    if start or end:
        provision["period"] = {name: value for name, value in (("start", start), ("end", end)) if value}
    if who:
        system = next(system for system, kind in WHO_SYSTEMS.items() if kind == who[0])
        provision["actor"] = [
            {
                "role": {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                            "code": "IRCP",
                        }
                    ]
                },
                "reference": {"identifier": {"system": system, "value": who[1]}},
            }
        ]
    if category:
        provision["securityLabel"] = [{"system": LABEL_SYSTEM, "code": category}]
    if purpose:
        provision["purpose"] = [{"system": purposes.SYSTEM, "code": purpose}]
    if record or visit:
        provision["data"] = [
            {"meaning": "instance" if record else "related", "reference": {"reference": record or visit}}
        ]
    return {
        "resourceType": "Consent",
        "id": str(identity),
        "meta": {"profile": [PROFILE]},
        "status": "active",
        "scope": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}
            ]
        },
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": patient},
        "dateTime": moment,
        "policyRule": {"coding": [{"system": "urn:hie:policy", "code": POLICY_URI}]},
        "provision": provision,
    }


def unenforceable(consent: Consent) -> list[Issue]:
    """What keeps a Consent from being a directive: empty when it can be enforced to the letter."""
    issues = [
        _issue(f"{name} cannot be enforced here", f"Consent.{name}")
        for name in sorted(consent.keys() - ALLOWED)
    ]
    provision = consent.get("provision")
    if not isinstance(provision, dict):
        return [*issues, _issue("A directive has one provision", "Consent.provision")]
    if consent.get("status") not in ("active", "inactive"):
        issues.append(_issue("A directive is active or inactive", "Consent.status"))
    issues += [
        _issue(f"provision.{name} cannot be enforced here", f"Consent.provision.{name}")
        for name in sorted(provision.keys() - ENFORCED)
    ]
    if provision.get("type") not in ("permit", "deny"):
        issues.append(_issue("provision.type is permit or deny", "Consent.provision.type"))
    for name in ("actor", "securityLabel", "purpose", "data"):
        if len(provision.get(name, ())) > 1:
            issues.append(
                _issue(
                    f"One directive has one {name}; write one Consent for each", f"Consent.provision.{name}"
                )
            )
    checks = (
        ("actor", _who),
        ("securityLabel", _label),
        ("purpose", _purpose),
        ("data", _this),
        ("period", _edges),
    )
    issues += [
        _issue(f"provision.{name} is not one that is known here", f"Consent.provision.{name}")
        for name, read in checks
        if provision.get(name) and read(provision) is None
    ]
    if provision.get("data") and (provision.get("actor") or provision.get("securityLabel")):
        issues.append(_issue("A switch on one record or visit is for everybody", "Consent.provision.data"))
    return issues


def compiled(consent: Consent, version: int) -> Rule:
    """The rule of an enforceable directive."""
    provision = consent["provision"]
    who_kind, who = _who(provision) or ("", "")
    label = _label(provision) or 0
    this = _this(provision)
    start, end = _edges(provision) or (None, None)
    if this:
        rank = Rank.THIS
    elif label:
        rank = Rank.WHAT_AND_WHO if who else Rank.WHAT
    else:
        rank = Rank.WHO if who else Rank.PURPOSE
    return Rule(
        consent=UUID(consent["id"]),
        version=version,
        rank=rank,
        permit=provision["type"] == "permit",
        purposes=purposes.mask(tuple(filter(None, [_purpose(provision)]))),
        labels=label,
        who_kind=who_kind,
        who=who,
        record=this[0] if this else None,
        visit=this[1] if this else None,
        start=start,
        end=end,
    )


def switch_key(consent: Consent) -> str:
    """What the switch is about, whichever way it stands: at most one directive of a resident is active for a key."""
    provision = consent["provision"]
    who_kind, who = _who(provision) or ("", "")
    this = _this(provision)
    what = Label(_label(provision) or 0).name or ""
    return "|".join((who_kind, who, what, str(this[0]) if this else "", _purpose(provision) or ""))


def _who(provision: Consent) -> tuple[WhoKind, str] | None:
    for actor in provision.get("actor", ()):
        identifier = (actor.get("reference") or {}).get("identifier") or {}
        kind, value = WHO_SYSTEMS.get(identifier.get("system", "")), identifier.get("value")
        if kind and isinstance(value, str) and value:
            return kind, value
    return None


def _label(provision: Consent) -> int | None:
    for coding in provision.get("securityLabel", ()):
        system, code = coding.get("system"), coding.get("code", "")
        label = Label.__members__.get(code) if system == LABEL_SYSTEM else None
        if system == ACT_CODE:
            label = BY_ACT_CODE.get(code)
        if label and label & SENSITIVE:
            return int(label)
    return None


def _purpose(provision: Consent) -> str | None:
    for coding in provision.get("purpose", ()):
        if coding.get("system") == purposes.SYSTEM and coding.get("code") in purposes.BIT:
            return str(coding["code"])
    return None


def _this(provision: Consent) -> tuple[UUID, int | None] | None:
    for entry in provision.get("data", ()):
        match = _RECORD.fullmatch((entry.get("reference") or {}).get("reference") or "")
        if match and entry.get("meaning") == "instance":
            return uuid_of(match[1], match[2]), None
        if match and entry.get("meaning") == "related" and match[1] == "Encounter":
            return uuid_of(match[1], match[2]), short_of(match[0])
    return None


def _edges(provision: Consent) -> tuple[datetime | None, datetime | None] | None:
    """The period as instants, the end exclusive; a day ends when it is over (dates are read as Shanghai days)."""
    period = provision.get("period") or {}
    edges: list[datetime | None] = []
    for name in ("start", "end"):
        text = period.get(name)
        if text is None:
            edges.append(None)
        elif isinstance(text, str) and _INSTANT.fullmatch(text):
            edges.append(datetime.fromisoformat(text).astimezone(UTC))
        elif isinstance(text, str) and _DATE.fullmatch(text):
            day = datetime.fromisoformat(f"{text}T00:00:00+08:00").astimezone(UTC)
            edges.append(day + timedelta(days=1) if name == "end" else day)
        else:
            return None
    return edges[0], edges[1]


def _issue(text: str, expression: str) -> Issue:
    return Issue("not-supported", text, expression, reason="directive-unenforceable")
