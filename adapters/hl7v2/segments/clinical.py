"""AL1, IAM, DG1, PRB, PR1: allergies, conditions, procedures."""

from datetime import datetime, timedelta

from adapters.hl7v2.datatypes import concepts
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.message import Segment
from adapters.hl7v2.segments.patient import leftover
from adapters.hl7v2.stamps import ordered_period

_ALLERGY_STATUS = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
_VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
_CONDITION_STATUS = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_CONDITION_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_CONDITION_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
_DIAGNOSIS_ROLE = "http://terminology.hl7.org/CodeSystem/diagnosis-role"
_ROLES = {
    "A": ("AD", "Admission diagnosis"),
    "F": ("DD", "Discharge diagnosis"),
    "W": ("CC", "Chief complaint"),
}


def allergy(draft: Draft, segment: Segment) -> None:
    """AL1 or IAM: one allergy, keyed by its substance (IAM: by its own identifier, where it has one)."""
    substance = draft.value(3) or draft.value(3, 2)
    if not substance:
        leftover(draft, segment)
        return
    key = draft.value(7) if segment.name == "IAM" and draft.value(7) else substance
    resource = draft.begin("AllergyIntolerance", key)
    deleted = segment.name == "IAM" and draft.value(6) == "D"
    if deleted:
        resource["verificationStatus"] = _coded(_VERIFICATION, "entered-in-error")
    else:
        resource["clinicalStatus"] = _coded(_ALLERGY_STATUS, "active")
    resource["patient"] = draft.subject()
    draft.within(resource)
    draft.apply(f"{segment.name}[AllergyIntolerance]", resource)
    if "onsetDateTime" in resource:
        resource.pop("onsetString", None)
    draft.keep(resource)
    draft.noted = resource


def dg1(draft: Draft, segment: Segment) -> None:
    """A diagnosis, keyed by its code, onset and visit, and its place in the encounter."""
    code = draft.value(3) or draft.value(3, 2) or draft.value(4)
    if not code:
        leftover(draft, segment)
        return
    key = draft.value(20) or f"{code}|{draft.value(5)[:8]}|{draft.encounter}"
    resource = draft.begin("Condition", key)
    if draft.value(21) == "D":
        resource["verificationStatus"] = _coded(_CONDITION_VERIFICATION, "entered-in-error")
    resource["category"] = [_coded(_CONDITION_CATEGORY, "encounter-diagnosis")]
    resource["subject"] = draft.subject()
    draft.within(resource)
    draft.apply("DG1[Condition]", resource)
    resource["code"] = concepts.described(resource.get("code"), draft.value(4))
    reference = draft.keep(resource)
    draft.noted = resource
    _diagnosis(draft, reference)


def prb(draft: Draft, segment: Segment) -> None:
    """A problem, keyed by its own identifier, else by its code."""
    code = draft.value(3) or draft.value(3, 2)
    if not code:
        leftover(draft, segment)
        return
    resource = draft.begin("Condition", f"problem:{draft.value(4) or code}")
    resource["category"] = [_coded(_CONDITION_CATEGORY, "problem-list-item")]
    resource["subject"] = draft.subject()
    draft.within(resource)
    draft.apply("PRB[Condition]", resource)
    if "onsetDateTime" in resource:
        resource.pop("onsetString", None)
    if draft.value(1) == "DE":
        resource["verificationStatus"] = _coded(_CONDITION_VERIFICATION, "entered-in-error")
        resource.pop("clinicalStatus", None)
        resource.pop("abatementDateTime", None)
    elif "abatementDateTime" in resource:
        resource["clinicalStatus"] = _coded(_CONDITION_STATUS, "resolved")
    else:
        resource.setdefault("clinicalStatus", _coded(_CONDITION_STATUS, "active"))
    draft.keep(resource)
    draft.noted = resource


def pr1(draft: Draft, segment: Segment) -> None:
    """A procedure, keyed by its own identifier, else by code and time."""
    code = draft.value(3) or draft.value(3, 2) or draft.value(4)
    if not code:
        leftover(draft, segment)
        return
    resource = draft.begin("Procedure", draft.value(19) or f"{code}|{draft.value(5)}|{draft.encounter}")
    resource["status"] = "entered-in-error" if draft.value(20) == "D" else "completed"
    resource["subject"] = draft.subject()
    draft.within(resource)
    draft.apply("PR1[Procedure]", resource)
    resource["code"] = concepts.described(resource.get("code"), draft.value(4))
    _performed(draft, resource)
    draft.keep(resource)
    draft.noted = resource


def _diagnosis(draft: Draft, reference: str) -> None:
    encounter = draft.held(draft.encounter)
    if encounter is None:
        return
    entry: Resource = {"condition": {"reference": reference}}
    if role := _ROLES.get(draft.value(6).upper()):
        entry["use"] = {"coding": [{"system": _DIAGNOSIS_ROLE, "code": role[0], "display": role[1]}]}
    rank = draft.value(15)
    if rank.isascii() and rank.isdigit() and int(rank) > 0:
        entry["rank"] = int(rank)
    entries = encounter.setdefault("diagnosis", [])
    if entry not in entries:
        entries.append(entry)


def _performed(draft: Draft, resource: Resource) -> None:
    """PR1-5 with the minutes of PR1-7 as a period, else as a moment."""
    resource.pop("performedPeriod", None)
    resource.pop("performedDateTime", None)
    start = draft.stamp(5)
    minutes = draft.value(7)
    if start and "T" in start and minutes.isascii() and minutes.isdigit() and 0 < int(minutes) < 10_000:
        end = (datetime.fromisoformat(start) + timedelta(minutes=int(minutes))).isoformat()
        resource["performedPeriod"] = ordered_period(start, end)
    elif start:
        resource["performedDateTime"] = start


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


HANDLERS = {"AL1": allergy, "IAM": allergy, "DG1": dg1, "PRB": prb, "PR1": pr1}
