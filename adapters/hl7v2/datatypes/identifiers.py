"""CX, EI, EIP, HD and plain numbers to FHIR Identifier, each under a system that makes its value unique."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from adapters.hl7v2 import patient_key
from adapters.hl7v2.draft import Draft
from adapters.hl7v2.stamps import ordered_period, parsed
from adapters.source import Source
from fhir_profiles import identifier_systems

TYPE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v2-0203"
_OID = re.compile(r"(?:urn:oid:)?([0-2](?:\.(?:0|[1-9]\d*)){2,})$", re.ASCII)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+$", re.ASCII)
_TYPE_CODE = re.compile(r"[A-Z]{1,6}\d?$", re.ASCII)
_CITIZEN = frozenset("NI NNCHN IDENTIFYNO 身份证 居民身份证 01 1".split())  # noqa: SIM905
_KNOWN_TYPES = {
    "PHR": identifier_systems.HEALTH_RECORD,
    "PPN": identifier_systems.PASSPORT,
    "NNCHN": identifier_systems.CITIZEN_ID,
    "身份证": identifier_systems.CITIZEN_ID,
}
_STANDARD_TYPE = {"IDENTIFYNO": "NI", "PATIENTNO": "PI", "LOCALID": "PI", "身份证": "NI"}


def cx(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Identifier of a CX: number, authority, type code, validity."""
    encoding = draft.encoding
    pieces = raw.split(encoding.component)
    value = patient_key.number([encoding.text(piece) for piece in pieces[:2]])
    if encoding.subcomponent in value:
        value = encoding.first(value)
    if patient_key.placeholder(value):
        return None
    kind = encoding.text(pieces[4]) if len(pieces) > 4 else ""
    authority = pieces[3] if len(pieces) > 3 else ""
    system = authority_system(authority, draft) or _system_of_type(value, kind.upper(), draft.source)
    found: dict[str, Any] = {}
    if kind:
        found["type"] = _type(kind)
    found["system"] = system
    found["value"] = value
    if len(pieces) > 6 and (span := _validity(pieces, draft)):
        found["period"] = span
    return found


def ei(raw: str, draft: Draft, kind: str = "") -> dict[str, Any] | None:
    """Identifier of an EI (order, document and appointment numbers); `kind` is its type in table 0203."""
    encoding = draft.encoding
    pieces = raw.split(encoding.component)
    value = encoding.first(pieces[0])
    if not value or value == "无":
        return None
    found: dict[str, Any] = {"type": _type(kind)} if kind else {}
    authority = encoding.subcomponent.join(pieces[1:4])
    found["system"] = authority_system(authority, draft) or local_system(draft.source.identifier_system, "")
    found["value"] = value
    return found


def entity_key(raw: str, draft: Draft) -> str:
    """The key of an EI: its number, with the namespace where it has one. Empty for none."""
    texts = draft.encoding.texts(raw)
    if not texts[0] or texts[0] == "无":
        return ""
    return f"{texts[1]}|{texts[0]}" if len(texts) > 1 and texts[1] else texts[0]


def eip(raw: str, draft: Draft) -> list[dict[str, Any]] | None:
    """Identifiers of an EIP: placer's and filler's number, each an EI in subcomponents.

    HEURISTIC: laboratories also write `&&number`; then the last part is the number.
    """
    found = []
    encoding = draft.encoding
    for piece, kind in zip(raw.split(encoding.component), ("PLAC", "FILL"), strict=False):
        parts = piece.split(encoding.subcomponent)
        if not parts[0] and (filled := [part for part in parts if part]):
            parts = filled[-1:]
        if identifier := ei(encoding.component.join(parts), draft, kind):
            found.append(identifier)
    return found or None


def number(raw: str, draft: Draft, namespace: str = "", kind: str = "") -> dict[str, Any] | None:
    """Identifier of a bare number under one of the source's own namespaces."""
    value = draft.encoding.first(raw)
    if patient_key.placeholder(value):
        return None
    found: dict[str, Any] = {"type": _type(kind)} if kind else {}
    return {**found, "system": local_system(draft.source.identifier_system, namespace), "value": value}


def social_security(raw: str, draft: Draft) -> dict[str, Any] | None:
    """PID-19. HEURISTIC: in China it holds the citizen's number (GB 11643), elsewhere a social security number."""
    value = draft.encoding.first(raw)
    if patient_key.placeholder(value):
        return None
    if looks_like_citizen_id(value):
        return {"type": _type("NI"), "system": identifier_systems.CITIZEN_ID, "value": value.upper()}
    if re.fullmatch(r"\d{3}-?\d{2}-?\d{4}", value):
        return {"type": _type("SS"), "system": "http://hl7.org/fhir/sid/us-ssn", "value": value}
    return {"type": _type("SS"), "system": local_system(draft.source.identifier_system, "SS"), "value": value}


def authority_system(raw: str, draft: Draft) -> str:
    """The system URI that an HD names (namespace & universal id & type, as subcomponents).

    Empty for none, and where it names the sender itself: its own numbers stand under the source's own systems.
    """
    parts = [draft.encoding.text(part) for part in raw.split(draft.encoding.subcomponent)]
    name, identity, kind = (*parts, "", "")[:3]
    if name in draft.own or not (name or identity):
        return ""
    if known := universal(identity) or universal(name):
        return known
    if identity and kind.upper() in ("UUID", "GUID"):
        return f"urn:uuid:{quote(identity.lower())}"
    if identity and kind.upper() == "DNS":
        return f"http://{quote(identity)}"
    return local_system(draft.source.identifier_system, name or identity)


@lru_cache(maxsize=4096)
def universal(text: str) -> str:
    """The URI that a text already is (an OID as `urn:oid:`); empty when it is a local name."""
    if oid := _OID.match(text):
        return identifier_systems.from_oid(oid[1])
    return text if _URI.match(text) else ""


@lru_cache(maxsize=4096)
def local_system(own: str, namespace: str) -> str:
    """One of a source's own namespaces as a URI below its `identifier_system`, or that itself."""
    if not namespace:
        return own
    mark = "/" if own.startswith("http") else ":"
    return f"{own}{mark}{quote(namespace, safe='')}"


def looks_like_citizen_id(value: str) -> bool:
    """Eighteen characters in the shape of GB 11643; the check digit is the matcher's business."""
    return (
        len(value) == 18
        and value.isascii()
        and value[:17].isdigit()
        and (value[17].isdigit() or value[17] in "Xx")
    )


def _system_of_type(value: str, kind: str, source: Source) -> str:
    if known := _KNOWN_TYPES.get(kind):
        return known
    if kind in _CITIZEN and looks_like_citizen_id(value):
        return identifier_systems.CITIZEN_ID
    if kind and kind not in patient_key.OWN:
        return local_system(source.identifier_system, kind)
    return local_system(source.identifier_system, "")


def _type(code: str) -> dict[str, Any]:
    standard = _STANDARD_TYPE.get(code.upper(), code)
    if _TYPE_CODE.match(standard):
        return {"coding": [{"system": TYPE_SYSTEM, "code": standard}]}
    return {"text": code}


def _validity(pieces: list[str], draft: Draft) -> dict[str, str] | None:
    start = parsed(draft.encoding.first(pieces[6]), draft.zone)
    end = parsed(draft.encoding.first(pieces[7]), draft.zone) if len(pieces) > 7 else None
    return ordered_period(start, end)
