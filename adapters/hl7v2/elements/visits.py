"""Parts of Encounter and Patient."""

from typing import Any

from adapters.hl7v2 import patient_key
from adapters.hl7v2.datatypes import concepts, identifiers, parties, quantities
from adapters.hl7v2.draft import Draft
from fhir_profiles import terminology
from fhir_profiles.code_systems import ETHNIC_GROUP

_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_MARITAL = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"
_MARITAL_CODES = {
    "A": "A",
    "D": "D",
    "M": "M",
    "S": "S",
    "W": "W",
    "C": "C",
    "G": "T",
    "P": "T",
    "I": "I",
    "U": "U",
    "T": "U",
}


def participant(raw: str, draft: Draft, code: str, display: str) -> dict[str, Any] | None:
    """Encounter.participant of an XCN."""
    individual = parties.practitioner(raw, draft)
    if individual is None:
        return None
    role = {"coding": [{"system": _PARTICIPATION, "code": code, "display": display}]}
    return {"type": [role], "individual": individual}


def stay(raw: str, draft: Draft, status: str) -> dict[str, Any] | None:
    """Encounter.location of a PL."""
    location = parties.place(raw, draft)
    return None if location is None else {"location": location, "status": status}


def visit_number(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Identifier of PV1-19, typed VN where the sender says nothing else."""
    found = identifiers.cx(raw, draft)
    if found is not None and "type" not in found:
        found = {"type": {"coding": [{"system": identifiers.TYPE_SYSTEM, "code": "VN"}]}, **found}
        if found["system"] == draft.source.identifier_system:
            found["system"] = identifiers.local_system(draft.source.identifier_system, "visit")
    return found


def account_number(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Identifier of PID-18 and MRG-3, typed AN where the sender says nothing else."""
    found = identifiers.cx(raw, draft)
    if found is not None and "type" not in found:
        found = {"type": {"coding": [{"system": identifiers.TYPE_SYSTEM, "code": "AN"}]}, **found}
        if found["system"] == draft.source.identifier_system:
            found["system"] = identifiers.local_system(draft.source.identifier_system, "account")
    return found


def discharged_to(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Place of a DLD: a code and words."""
    shown = concepts.shown(raw, draft)
    return None if not shown or patient_key.placeholder(shown) else {"display": shown}


def servicing_facility(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Organisation of PV1-39."""
    code = draft.encoding.first(raw)
    return (
        None
        if patient_key.placeholder(code)
        else parties.named_organization(concepts.shown(raw, draft) or "", code, draft)
    )


def days(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Duration in days."""
    return quantities.quantity(
        draft.encoding.first(raw), {"unit": "d", "system": quantities.UCUM, "code": "d"}
    )


def restricted(raw: str, draft: Draft) -> dict[str, Any] | None:
    """PV2-22: a protected visit gets the confidentiality `R`."""
    if draft.encoding.first(raw).upper() not in ("Y", "1"):
        return None
    return {
        "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
        "code": "R",
        "display": "restricted",
    }


def species(raw: str, draft: Draft) -> dict[str, Any] | None:
    """PID-35. HEURISTIC: registration systems write addresses into it; only a coded species is one."""
    if len(texts := draft.encoding.texts(raw)) > 2 and texts[2]:
        return concepts.cwe(raw, draft)
    draft.unmapped("PID-35", raw)
    return None


def ethnic_group(raw: str, draft: Draft) -> dict[str, Any] | None:
    """GB/T 3304 where code or name is one of its groups (`HA`, `01`, `汉族`), else the source's own coding."""
    texts = draft.encoding.texts(raw)
    for written in (*texts[1:2], texts[0]):
        if written and (known := terminology.recognise(ETHNIC_GROUP, written)):
            return {"coding": [known]}
    return concepts.cwe(raw, draft, "0189")


def marital_status(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Patient.maritalStatus: table 0002 or GB/T 2261.2 as FHIR's codes; what is none of them stays the source's own."""
    found = concepts.cwe(raw, draft)
    if found is None:
        return None
    written = draft.encoding.first(raw)
    code = _MARITAL_CODES.get(written.upper())
    if not code and (known := terminology.marital_status(written)):
        return {"coding": [known], "text": written}
    coding = found.get("coding")
    if (code and coding and "system" not in coding[0]) or (
        code and coding and coding[0]["system"].endswith("v2-0002")
    ):
        coding[0] = {"system": _MARITAL, **{**coding[0], "system": _MARITAL, "code": code}}
    return found
