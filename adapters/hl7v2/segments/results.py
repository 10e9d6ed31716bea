"""OBX, NTE, SPM and SAC: observations with their values, notes and specimens."""

from typing import Any

from adapters.hl7v2 import values
from adapters.hl7v2.datatypes import concepts, quantities
from adapters.hl7v2.datatypes.identifiers import eip
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.elements import results as parts
from adapters.hl7v2.message import Segment
from adapters.hl7v2.segments import attachments, notes
from adapters.hl7v2.segments.patient import leftover
from fhir_profiles.code_systems import OBSERVATION_CATEGORY

_DOCUMENTS = frozenset(("ED", "RP"))
_FINISHED = frozenset(("final", "corrected", "amended"))


def obx(draft: Draft, segment: Segment) -> None:
    """One observation, or one more line of the text before it, or a document."""
    kind = draft.value(2).upper()
    code = draft.value(3) or draft.value(3, 2) or draft.value(3, 4)
    if not code and not segment.raw(5):
        leftover(draft, segment)
        return
    if kind in _DOCUMENTS and attachments.document(draft, segment, kind, code):
        return
    if values.is_text(kind) and _next_line(draft, segment, code):
        return
    order = draft.order
    place = (
        order.key if order is not None and order.key else f"{draft.value(14) or draft.sent}|{draft.encounter}"
    )
    sub = draft.value(4)
    key = f"{place}|{code}|{sub}"
    resource = draft.begin("Observation", f"{key}|{draft.occurrence(f'obx:{key}')}")
    resource["status"] = "unknown"
    if category := _category(order.report if order else None, kind):
        resource["category"] = category
    draft.apply("OBX[Observation]", resource)
    resource.setdefault("code", {"text": code or "unspecified"})
    resource["subject"] = draft.subject()
    draft.within(resource)
    _complete(draft, segment, kind, resource)
    draft.placed[resource["id"]] = (draft.value(3), sub)
    draft.keep(resource)
    draft.noted = resource
    if order is not None:
        order.results.append(resource)
        order.last_text = (code, sub, resource["id"]) if values.is_text(kind) else ("", "", "")
        if order.given is not None:
            resource["partOf"] = [{"reference": f"{order.given['resourceType']}/{order.given['id']}"}]


def spm(draft: Draft, segment: Segment) -> None:
    """A specimen, keyed by its identifiers, else by its place in the order."""
    order = draft.order
    numbers = "|".join(entry["value"] for entry in eip(segment.raw(2), draft) or []) if segment.raw(2) else ""
    place = order.key if order is not None else draft.sent
    resource = draft.begin("Specimen", numbers or f"{place}|{draft.occurrence(f'spm:{place}')}")
    resource["subject"] = draft.subject()
    if not draft.apply("SPM[Specimen]", resource):
        return
    if "collectedPeriod" in resource.get("collection", {}):
        resource["collection"].pop("collectedDateTime", None)
    parents = [
        {"reference": f"Specimen/{draft.identity('Specimen', entry['value'])}"}
        for entry in (eip(segment.raw(3), draft) or [] if segment.raw(3) else [])
    ]
    if present := [parent for parent in parents if draft.held(parent["reference"])]:
        resource["parent"] = present
    reference = draft.keep(resource)
    draft.noted = resource
    if order is None or draft.event in ("R22", "R23", "O33"):
        draft.waiting_specimens.append(reference)
    if order is not None and reference not in order.specimens:
        order.specimens.append(reference)


def sac(draft: Draft, segment: Segment) -> None:
    """A container: more about the specimen of the order."""
    order = draft.order
    references = (order.specimens if order is not None else []) or draft.waiting_specimens
    if references and (specimen := draft.held(references[-1])):
        draft.apply("SAC[Specimen]", specimen)
        return
    resource = draft.begin("Specimen", draft.value(3) or draft.value(2) or draft.sent)
    resource["subject"] = draft.subject()
    if draft.apply("SAC[Specimen]", resource):
        reference = draft.keep(resource)
        (order.specimens if order is not None else draft.waiting_specimens).append(reference)


def _complete(draft: Draft, segment: Segment, kind: str, resource: Resource) -> None:
    """Status, time, value, range of an observation."""
    order = draft.order
    report = order.report if order is not None else None
    if resource["status"] == "unknown":
        resource["status"] = "final" if report is None or report["status"] in _FINISHED else "unknown"
    stamp = draft.stamp(14)
    if stamp:
        resource["effectiveDateTime"] = stamp
    elif report is not None:
        for name in ("effectiveDateTime", "effectivePeriod"):
            if name in report:
                resource[name] = report[name]
    elif order is not None and order.given is not None:
        for name in ("occurrenceDateTime", "effectiveDateTime"):
            if name in order.given:
                resource["effectiveDateTime"] = order.given[name]
    unit_raw = segment.raw(6).split(draft.encoding.repetition)[0]
    _value(draft, kind, segment.raw(5), unit_raw, resource)
    unit = quantities.unit(unit_raw, draft) if unit_raw else {}
    if unit and not any(name in resource for name in ("valueQuantity", "valueRange", "component")):
        _unit_beside(draft, resource, unit_raw)
    if ranges := parts.reference_range(draft.encoding.text(segment.raw(7)), unit):
        resource["referenceRange"] = ranges


def _unit_beside(draft: Draft, resource: Resource, unit_raw: str) -> None:
    """The unit of a value that is no quantity: an extension, unless the text ends in it."""
    concept = concepts.cwe(unit_raw, draft)
    shown = quantities.unit(unit_raw, draft)["unit"]
    if concept and not str(resource.get("valueString", "")).endswith(f" {shown}"):
        extension = {"url": "urn:hie:extension:unit", "valueCodeableConcept": concept}
        resource.setdefault("extension", []).append(extension)


def _value(draft: Draft, kind: str, raw: str, unit_raw: str, resource: Resource) -> None:
    """One repetition is the value; several are components of the same code (obs-7), or the lines of a text."""
    repetitions = [piece for piece in raw.split(draft.encoding.repetition) if piece]
    if not repetitions:
        return
    if len(repetitions) > 1 and kind in ("TX", "FT", "ST", ""):
        lines = [draft.encoding.text(piece) for piece in raw.split(draft.encoding.repetition)]
        if text := "\n".join(lines).strip("\n"):
            resource["valueString"] = text
        return
    found = [told for piece in repetitions if (told := values.value(draft, kind, piece, unit_raw))]
    if len(found) == 1:
        resource.update(found[0])
    elif found:
        resource["component"] = [{"code": resource["code"], **told} for told in found]


def _next_line(draft: Draft, segment: Segment, code: str) -> bool:
    """Whether this text line continues the observation before it: same code and sub-id, one after the other."""
    order = draft.order
    if order is None or not code or order.last_text[:2] != (code, draft.value(4)):
        return False
    held = draft.held(f"Observation/{order.last_text[2]}")
    if held is None or draft.noted is not held or "note" in held:
        return False
    lines = [draft.encoding.text(piece) for piece in segment.raw(5).split(draft.encoding.repetition)]
    held["valueString"] = "\n".join([held.get("valueString", ""), *lines])
    return True


_SECTIONS = {
    **dict.fromkeys(
        ("RAD", "CT", "NMR", "RUS", "US", "MRI", "XRC", "NMS", "OUS", "VUS", "CUS", "RX"), "imaging"
    ),
    **dict.fromkeys(("EC", "EN", "PHY", "PF"), "procedure"),
}


def _category(report: Resource | None, kind: str) -> list[dict[str, Any]] | None:
    """The report's section says it; without one, values are a laboratory's, and words may be anybody's."""
    if report is None:
        return None
    sections = [
        entry.get("code", "") for held in report.get("category", []) for entry in held.get("coding", [])
    ]
    if not sections and values.is_text(kind):
        return None
    code = next((_SECTIONS[section] for section in sections if section in _SECTIONS), "laboratory")
    return [{"coding": [{"system": OBSERVATION_CATEGORY, "code": code}]}]


HANDLERS = {"OBX": obx, "NTE": notes.nte, "SPM": spm, "SAC": sac}
