"""Closing an order group: results to their report and specimen, susceptibilities to their organism."""

from adapters.hl7v2.datatypes.identifiers import entity_key
from adapters.hl7v2.draft import Draft, Resource
from adapters.hl7v2.elements.results import specimen_source
from adapters.hl7v2.message import Segment
from adapters.hl7v2.order import Order
from adapters.hl7v2.segments import dosage


def close(draft: Draft) -> None:
    """Finish the open order group, if there is one."""
    order, draft.order = draft.order, None
    if order is None:
        return
    if order.detail is None and order.orc is not None:
        _bare_order(draft, order)
    _specimen(draft, order)
    members = [{"reference": f"Observation/{result['id']}"} for result in order.results]
    if order.report is not None:
        if members:
            order.report["result"] = members
        if order.report["status"] == "unknown":
            order.report["status"] = _status_of(order.results)
        if order.specimens:
            order.report["specimen"] = [{"reference": reference} for reference in order.specimens]
    if order.request is not None:
        if order.specimens:
            order.request["specimen"] = [{"reference": reference} for reference in order.specimens]
        if members and order.report is None and order.given is None:
            order.request["supportingInfo"] = members
    if order.parent is not None and members:
        held = order.parent.setdefault("hasMember", [])
        held.extend(
            member for member in members if member not in held and member["reference"] != _name(order.parent)
        )
    for result in order.results:
        if len(order.specimens) == 1:
            result.setdefault("specimen", {"reference": order.specimens[0]})


def parent(draft: Draft, segment: Segment) -> Resource | None:
    """The observation that OBR-26 points to (code and sub-id): the organism of a susceptibility panel."""
    raw = segment.raw(26)
    if not raw:
        return None
    pieces = raw.split(draft.encoding.component)
    code = draft.encoding.text(pieces[0].split(draft.encoding.subcomponent)[0])
    sub = draft.encoding.text(pieces[1]) if len(pieces) > 1 else ""
    for resource in draft.resources.values():
        if resource["resourceType"] == "Observation" and draft.placed.get(resource["id"]) == (code, sub):
            return resource
    return None


def tq1_of_medication(draft: Draft, order: Order) -> None:
    """TQ1 of a prescription: priority to the request, the rest to its dosage."""
    if order.medication is None:
        return
    draft.apply("TQ1[MedicationRequest]", order.medication)
    dosage.timed(draft, dosage.of(order.medication, order))


def _bare_order(draft: Draft, order: Order) -> None:
    """An ORC without detail (ORG, ORL, order status): a ServiceRequest of what it says, if it has a number."""
    if order.orc is None or order.medication is not None or order.given is not None:
        return
    draft.segment = order.orc
    number = entity_key(order.orc.raw(2), draft) or entity_key(order.orc.raw(3), draft)
    if not number:
        return
    kind = "placer" if order.orc.raw(2) else "filler"
    request = draft.begin("ServiceRequest", f"{kind}:{number}|")
    draft.apply("ORC[ServiceRequest]", request)
    request.setdefault("status", "active")
    request.setdefault("intent", "order")
    request["subject"] = draft.subject()
    draft.within(request)
    draft.keep(request)
    order.request = request


def _specimen(draft: Draft, order: Order) -> None:
    """OBR-15 speaks of the specimen where no SPM does."""
    detail = order.detail
    if detail is None or detail.name != "OBR" or not detail.raw(15):
        return
    draft.segment = detail
    if order.specimens:
        told = draft.held(order.specimens[0])
        if told is not None and "type" not in told and (source := specimen_source(detail.raw(15), draft)):
            told["type"] = source
        return
    specimen = draft.begin("Specimen", f"{order.key}|OBR-15")
    specimen["subject"] = draft.subject()
    if draft.apply("OBR[Specimen]", specimen):
        order.specimens.append(draft.keep(specimen))


def _status_of(results: list[Resource]) -> str:
    """A report that says nothing of its status is as final as its least final result."""
    told = {result["status"] for result in results}
    if not told or "unknown" in told:
        return "unknown"
    for status in ("registered", "preliminary"):
        if status in told:
            return "partial"
    return "corrected" if "corrected" in told else "amended" if "amended" in told else "final"


def _name(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
