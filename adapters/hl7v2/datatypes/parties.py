"""XCN, XON, PL and NDL: practitioners, organisations and places as resources of their own, scoped to the source.

A name without a number makes no resource: two doctors may share it. The reference then carries the name alone.
"""

from typing import Any

from adapters.hl7v2.datatypes import names
from adapters.hl7v2.datatypes.identifiers import TYPE_SYSTEM, authority_system, local_system
from adapters.hl7v2.draft import Draft

_PLACE_KINDS = {2: ("bd", "Bed"), 1: ("ro", "Room"), 0: ("wa", "Ward")}
_PLACE_SYSTEM = "http://terminology.hl7.org/CodeSystem/location-physical-type"


def practitioner(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Reference to the practitioner of an XCN, with the name as display."""
    if raw in draft.people:
        held = draft.people[raw]
        return dict(held) if held else None
    encoding = draft.encoding
    pieces = raw.split(encoding.component)
    texts = [encoding.first(piece) if piece else "" for piece in pieces]
    texts += [""] * (14 - len(texts))
    found = draft.people[raw] = _person(texts, pieces[8] if len(pieces) > 8 else "", draft)
    return dict(found) if found else None


def operator(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Reference to the practitioner of an NDL or CNN, whose parts are subcomponents of the first component."""
    encoding = draft.encoding
    parts = raw.split(encoding.component, maxsplit=1)[0].split(encoding.subcomponent)
    if len(parts) == 1:
        return practitioner(raw, draft)
    texts = [encoding.text(part) for part in parts]
    texts += [""] * (14 - len(texts))
    return _person(texts, encoding.subcomponent.join(parts[8:11]), draft)


def organization(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Reference to the organisation of an XON."""
    encoding = draft.encoding
    pieces = raw.split(encoding.component)
    texts = [encoding.first(piece) for piece in pieces]
    texts += [""] * (10 - len(texts))
    name, value = texts[0], texts[9] or texts[2]
    authority = pieces[5] if len(pieces) > 5 else ""
    return named_organization(name, value, draft, authority=authority)


def named_organization(
    name: str, value: str, draft: Draft, *, authority: str = "", system: str = "", **more: Any
) -> dict[str, Any] | None:
    """Reference to an organisation by its name and number; the number makes the key where there is one.

    The number's system is `system`, else what the raw HD `authority` names, else the source's own.
    """
    if not name and not value:
        return None
    scope = system or draft.encoding.first(authority)
    key = f"{scope}|{value}" if value else f"name:{name}"
    identity = draft.shared_identity("Organization", key)
    resource: dict[str, Any] = {"resourceType": "Organization", "id": identity}
    if value:
        known = (
            system
            or authority_system(authority, draft)
            or local_system(draft.source.identifier_system, "organization")
        )
        resource["identifier"] = [{"system": known, "value": value}]
    resource["name"] = name or value
    resource.update(more)
    return {"reference": draft.keep(resource), "display": name or value}


def place(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Reference to the place of a PL: point of care, room, bed, facility, building, floor."""
    encoding = draft.encoding
    pieces = raw.split(encoding.component)
    texts = [encoding.first(piece) for piece in pieces]
    texts += [""] * (11 - len(texts))
    spots, facility, rest = texts[:3], texts[3], [texts[6], texts[7]]
    shown = texts[8] or " ".join(part for part in (*rest, *spots) if part) or facility or texts[9]
    if not shown:
        return None
    key = "|".join((facility, *rest, *spots, texts[8]))
    resource: dict[str, Any] = {"resourceType": "Location", "id": draft.shared_identity("Location", key)}
    if code := spots[2] or spots[1] or spots[0]:
        resource["identifier"] = [
            {
                "system": local_system(draft.source.identifier_system, "location"),
                "value": "|".join(part for part in (facility, *spots) if part) or code,
            }
        ]
    resource["name"] = shown
    if described := [part for part in texts[4:6] if part]:
        resource["description"] = ", ".join(described)
    resource["mode"] = "instance"
    for position in (2, 1, 0):
        if spots[position]:
            code, display = _PLACE_KINDS[position]
            resource["physicalType"] = {
                "coding": [{"system": _PLACE_SYSTEM, "code": code, "display": display}]
            }
            break
    if facility and facility != shown and (owner := named_organization("", facility, draft)):
        resource["managingOrganization"] = owner
    return {"reference": draft.keep(resource), "display": resource["name"]}


def _person(texts: list[str], authority: str, draft: Draft) -> dict[str, Any] | None:
    value, family, given, further = texts[:4]
    if names.is_chinese(value) and not (family and given):
        # HEURISTIC: the name stands where the number belongs, sometimes twice.
        value, family = "", family or value
    if family and not any(character.isalpha() for character in family):
        # HEURISTIC: some analysers fill XCN fields with counters and limits; that is nobody.
        draft.unmapped(draft.segment.name, draft.encoding.component.join(text for text in texts if text))
        return None
    found = names.written(family, given, further) if family or given else []
    if value and value in (family, given) and not (family and given):
        found = []
    for name in found:
        if names.is_chinese(name.get("text", "")):
            name.pop("family", None)
            name.pop("given", None)
    human = found[0] if found else {}
    if texts[5] and human:
        human["prefix"] = [texts[5]]
    if texts[4] and human:
        human["suffix"] = [texts[4]]
    display = names.one_line(human) or value
    if not display or display in names.NONE:
        return None
    if not value:
        return {"display": " / ".join(names.one_line(name) for name in found)}
    namespace = (
        draft.encoding.text(authority.split(draft.encoding.subcomponent, maxsplit=1)[0]) if authority else ""
    )
    resource: dict[str, Any] = {
        "resourceType": "Practitioner",
        "id": draft.shared_identity("Practitioner", f"{namespace}|{value}"),
        "identifier": [_staff_number(value, texts[12], authority, draft)],
    }
    if human:
        resource["name"] = found
    return {"reference": draft.keep(resource), "display": display}


def _staff_number(value: str, kind: str, authority: str, draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if kind.isascii() and kind.isalnum() and kind.isupper() and len(kind) <= 6:
        found["type"] = {"coding": [{"system": TYPE_SYSTEM, "code": kind}]}
    system = authority_system(authority, draft) or (
        "http://hl7.org/fhir/sid/us-npi"
        if kind == "NPI"
        else local_system(draft.source.identifier_system, "staff")
    )
    return {**found, "system": system, "value": value}
