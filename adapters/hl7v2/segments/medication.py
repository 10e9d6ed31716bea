"""RXO, RXE, RXD, RXA, RXR, RXC: prescriptions, dispenses, administrations and vaccinations."""

from adapters.hl7v2.datatypes import quantities
from adapters.hl7v2.datatypes.concepts import cwe
from adapters.hl7v2.datatypes.identifiers import ei, entity_key
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.message import Segment
from adapters.hl7v2.order import Order
from adapters.hl7v2.segments import dosage, grouping
from adapters.hl7v2.segments.patient import leftover
from adapters.hl7v2.stamps import before

_UNSPECIFIED = {"text": "unspecified"}


def rxo(draft: Draft, segment: Segment) -> None:
    """An order as it was placed."""
    order = _opened(draft, segment)
    request = _prescription(draft, order, segment)
    dosage.amounts(draft, dosage.of(request, order), 2, 3, 4)
    _strength(draft, request, 18, 19)
    _form(draft, request, 5)
    _settled(draft, order, request)


def rxe(draft: Draft, segment: Segment) -> None:
    """An order as the pharmacy encoded it; what RXO said before stays beside it where they differ."""
    order = draft.order
    if order is None or order.detail is None or order.detail.name != "RXO":
        order = _opened(draft, segment)
    placed = order.medication.get("medicationCodeableConcept") if order.medication else None
    request = _prescription(draft, order, segment)
    _side_by_side(request, placed)
    first = dosage.of(request, order)
    first.pop("doseAndRate", None)
    dosage.amounts(draft, first, 3, 4, 5)
    dosage.rate(draft, first, 23, 24)
    if segment.raw(1):
        dosage.old_timing(draft, first, segment.raw(1))
    _strength(draft, request, 25, 26)
    _form(draft, request, 6)
    _settled(draft, order, request)


def rxd(draft: Draft, segment: Segment) -> None:
    """A dispense, keyed by prescription number and time."""
    order = draft.order or _opened(draft, segment)
    draft.order = order
    placer = entity_key(order.orc.raw(2), draft) if order.orc else ""
    key = f"{draft.value(7) or placer}|{draft.value(2)}|{draft.value(3)}|{draft.value(1)}"
    dispense = draft.begin("MedicationDispense", key)
    dispense["status"] = "completed"
    dispense["subject"] = draft.subject()
    draft.within(dispense, "context")
    draft.apply("RXD[MedicationDispense]", dispense)
    dispense.setdefault("medicationCodeableConcept", dict(_UNSPECIFIED))
    if prescription := _prescribed(draft, order):
        dispense["authorizingPrescription"] = [prescription]
    _given(draft, order, dispense, segment, "")


def rxa(draft: Draft, segment: Segment) -> None:
    """A dose given: a vaccination in VXU, else an administration."""
    order = draft.order
    if order is None or (order.given is not None and order.given["resourceType"] != "MedicationDispense"):
        grouping.close(draft)
        order = draft.order = Order()
    if draft.code in ("VXU", "RSP"):
        _vaccination(draft, order, segment)
    else:
        _administration(draft, order, segment)


def rxr(draft: Draft, segment: Segment) -> None:
    """Route and site of what stands before."""
    order = draft.order
    if order is None:
        leftover(draft, segment)
    elif order.given is not None and order.given["resourceType"] == "Immunization":
        draft.apply("RXR[Immunization]", order.given)
    elif order.given is not None and order.given["resourceType"] == "MedicationAdministration":
        dosage.route(draft, order.given.setdefault("dosage", {}))
    elif order.given is not None:
        dosage.route(draft, dosage.of(order.given, order))
    elif order.medication is not None:
        dosage.route(draft, dosage.of(order.medication, order))
    else:
        leftover(draft, segment)


def rxc(draft: Draft, segment: Segment) -> None:
    """A component of a compound: an ingredient of a contained Medication."""
    order = draft.order
    owner = (order.given or order.medication) if order is not None else None
    ingredient = draft.element("RXC[Ingredient]")
    if (
        owner is None
        or ingredient is None
        or "itemCodeableConcept" not in ingredient
        or owner["resourceType"] == "Immunization"
    ):
        leftover(draft, segment)
        return
    strength = ingredient.get("strength")
    if strength:
        strength["numerator"].pop("comparator", None)
        strength["denominator"] = {"value": 1}
    if "contained" not in owner:
        mixture: Resource = {"resourceType": "Medication", "id": "mixture", "ingredient": []}
        if concept := owner.get("medicationCodeableConcept"):
            mixture["code"] = concept
        owner["contained"] = [mixture]
        owner["supportingInformation"] = [{"reference": "#mixture"}]
    owner["contained"][0]["ingredient"].append(ingredient)


def _opened(draft: Draft, segment: Segment) -> Order:
    order = draft.order
    if order is None or order.detail is not None:
        grouping.close(draft)
        order = draft.order = Order()
    order.detail = segment
    return order


def _prescription(draft: Draft, order: Order, segment: Segment) -> Resource:
    """The MedicationRequest of an order group, keyed by the placer's number, else the filler's, else code and time."""
    code_at = 1 if segment.name == "RXO" else 2
    code = draft.value(code_at) or draft.value(code_at, 2)
    placer = entity_key(order.orc.raw(2), draft) if order.orc else ""
    filler = entity_key(order.orc.raw(3), draft) if order.orc else ""
    fallback = f"{draft.value(15) if segment.name == 'RXE' else ''}|{code}|{draft.sent}"
    key = f"placer:{placer}" if placer else f"filler:{filler}" if filler else fallback
    if order.medication is None:
        repeated = draft.occurrence(f"medication:{key}|{code}")
        order.key = f"{key}|{code}#{repeated}" if repeated or not (placer or filler) else key
        if draft.held(f"MedicationRequest/{draft.identity('MedicationRequest', order.key)}"):
            order.key = f"{key}|{code}"
    request = order.medication or draft.begin("MedicationRequest", order.key)
    request.setdefault("status", "active")
    request["intent"] = "order"
    request["subject"] = draft.subject()
    draft.within(request)
    if order.orc is not None and order.medication is None:
        del request["status"]
        draft.segment = order.orc
        draft.apply("ORC[MedicationRequest]", request)
        draft.segment = segment
        request.setdefault("status", "active")
    draft.apply(f"{segment.name}[MedicationRequest]", request)
    request.setdefault("medicationCodeableConcept", dict(_UNSPECIFIED))
    if order.orc is not None and order.orc.raw(7):
        dosage.old_timing(draft, dosage.of(request, order), order.orc.raw(7))
    order.medication = request
    return request


def _prescribed(draft: Draft, order: Order) -> Resource | None:
    """The prescription behind a dispense or an administration: of this message, else by the placer's number."""
    if order.medication is not None:
        return {"reference": f"MedicationRequest/{order.medication['id']}"}
    number = ei(order.orc.raw(2), draft, "PLAC") if order.orc and order.orc.raw(2) else None
    return {"identifier": number} if number else None


def _settled(draft: Draft, order: Order, request: Resource) -> None:
    told = draft.segment
    for waiting in order.timings:
        draft.segment = waiting
        grouping.tq1_of_medication(draft, order)
    order.timings.clear()
    draft.segment = told
    entries = [entry for entry in request.get("dosageInstruction", []) if entry]
    if entries:
        request["dosageInstruction"] = entries
        merged = entries[0]
        for entry in entries[1:]:
            for name, value in entry.items():
                merged.setdefault(name, value)
        request["dosageInstruction"] = [merged]
    else:
        request.pop("dosageInstruction", None)
    draft.keep(request)
    draft.noted = request


def _given(draft: Draft, order: Order, resource: Resource, segment: Segment, prefix: str) -> None:
    draft.keep(resource)
    order.given = resource
    order.detail = order.detail or segment
    order.key = order.key or f"{prefix}{resource['id']}"
    draft.noted = resource


def _administration(draft: Draft, order: Order, segment: Segment) -> None:
    placer = entity_key(order.orc.raw(2), draft) if order.orc else ""
    key = f"{placer}|{draft.value(5)}|{draft.value(3)}|{draft.value(2)}"
    given = draft.begin("MedicationAdministration", key)
    given["status"] = "completed"
    given["subject"] = draft.subject()
    draft.within(given, "context")
    start, end = draft.stamp(3), draft.stamp(4)
    if start and end and before(start, end):
        given["effectivePeriod"] = {"start": start, "end": end}
    else:
        given["effectiveDateTime"] = start or draft.stamp(22) or draft.happened or None
        if given["effectiveDateTime"] is None:
            del given["effectiveDateTime"]
            given["effectivePeriod"] = {"extension": [_absent()]}
    draft.apply("RXA[MedicationAdministration]", given)
    given.setdefault("medicationCodeableConcept", dict(_UNSPECIFIED))
    if dose := given.get("dosage", {}).get("dose"):
        dose.pop("comparator", None)
    if prescription := _prescribed(draft, order):
        given["request"] = prescription
    _given(draft, order, given, segment, "rxa:")


def _vaccination(draft: Draft, order: Order, segment: Segment) -> None:
    filler = entity_key(order.orc.raw(3), draft) if order.orc else ""
    code = draft.value(5) or draft.value(5, 2) or draft.value(5, 4)
    key = f"{filler}|{code}" if filler.strip("9|") else f"{code}|{draft.value(3)}|{draft.value(15)}"
    repeated = draft.occurrence(f"rxa:{key}")
    given = draft.begin("Immunization", f"{key}#{repeated}" if repeated else key)
    given["status"] = "completed"
    given["patient"] = draft.subject()
    draft.within(given)
    draft.apply("RXA[Immunization]", given)
    if order.orc is not None:
        draft.segment = order.orc
        draft.apply("ORC[Immunization]", given)
        draft.segment = segment
    given.setdefault("vaccineCode", dict(_UNSPECIFIED))
    if "occurrenceDateTime" not in given:
        given["occurrenceString"] = draft.value(3) or "unknown"
    if dose := given.get("doseQuantity"):
        dose.pop("comparator", None)
    if draft.value(21) == "D":
        given["status"] = "entered-in-error"
    if origin := draft.value(9):
        given["primarySource"] = origin == "00"
    _given(draft, order, given, segment, "rxa:")


def _strength(draft: Draft, request: Resource, value_at: int, unit_at: int) -> None:
    found = quantities.quantity(draft.value(value_at), quantities.unit(draft.segment.raw(unit_at), draft))
    if found:
        _extend(request, "medication-strength", "valueQuantity", found)
    elif draft.value(value_at):
        draft.unmapped(f"{draft.segment.name}-{value_at}", draft.value(value_at))


def _form(draft: Draft, request: Resource, position: int) -> None:
    if draft.segment.raw(position) and (
        found := cwe(draft.segment.raw(position).split(draft.encoding.repetition)[0], draft)
    ):
        _extend(request, "medication-form", "valueCodeableConcept", found)


def _extend(request: Resource, name: str, kind: str, value: Resource) -> None:
    url = f"urn:hie:extension:{name}"
    entries = [entry for entry in request.get("extension", []) if entry["url"] != url]
    request["extension"] = [*entries, {"url": url, kind: value}]


def _side_by_side(request: Resource, placed: Resource | None) -> None:
    """The codings of RXO behind those of RXE."""
    if not placed or placed == request["medicationCodeableConcept"]:
        return
    concept = request["medicationCodeableConcept"]
    codings = concept.setdefault("coding", [])
    codings.extend(coding for coding in placed.get("coding", []) if coding not in codings)
    if not codings:
        del concept["coding"]
    if "text" in placed:
        concept.setdefault("text", placed["text"])


def _absent() -> Resource:
    return {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}


HANDLERS = {"RXO": rxo, "RXE": rxe, "RXD": rxd, "RXA": rxa, "RXR": rxr, "RXC": rxc}
