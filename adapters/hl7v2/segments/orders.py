"""ORC, OBR and TQ1: order groups, ServiceRequest and DiagnosticReport.

An order group begins with ORC, or with OBR where no ORC precedes it. HEURISTIC: laboratory systems send ORC after
OBR; it then still belongs to that group.
"""

from typing import Any

from adapters.hl7v2.datatypes import timing
from adapters.hl7v2.datatypes.identifiers import entity_key
from adapters.hl7v2.draft import Draft, Resource, merge
from adapters.hl7v2.elements import orders as parts
from adapters.hl7v2.message import Segment
from adapters.hl7v2.order import Order
from adapters.hl7v2.segments import grouping
from adapters.hl7v2.segments.patient import leftover
from adapters.hl7v2.stamps import before, ordered_period


def orc(draft: Draft, segment: Segment) -> None:
    """Opens an order group; what it says is used when the detail segment has told what is ordered."""
    order = draft.order
    late = order is not None and order.orc is None and order.detail is not None and not order.results
    if order is not None and late and order.detail is not None and order.detail.name == "OBR":
        order.orc = segment
        _request(draft, order, order.detail)
        draft.segment = segment
        return
    grouping.close(draft)
    draft.order = Order(orc=segment)
    draft.noted = None


def obr(draft: Draft, segment: Segment) -> None:
    """An observation request: ServiceRequest, and in reports the DiagnosticReport."""
    order = draft.order
    if order is None or order.detail is not None:
        grouping.close(draft)
        order = draft.order = Order()
    order.detail = segment
    order.key = _key(draft, order, segment)
    if not draft.reporting or order.orc is not None or segment.raw(2):
        _request(draft, order, segment)
    if draft.reporting:
        _report(draft, order, segment)
    order.parent = grouping.parent(draft, segment)
    draft.noted = order.report or order.request


def tq1(draft: Draft, segment: Segment) -> None:
    """Timing and quantity of a service request; medications have their own."""
    order = draft.order
    if order is None:
        leftover(draft, segment)
    elif order.medication is not None:
        grouping.tq1_of_medication(draft, order)
    elif order.request is not None:
        draft.apply("TQ1[ServiceRequest]", order.request)
        _when(draft, order.request)
    else:
        order.timings.append(segment)


def _key(draft: Draft, order: Order, segment: Segment) -> str:
    """Filler number and code; else placer number and code; else code and time."""
    code = draft.value(4) or draft.value(4, 2)
    filler = entity_key(segment.raw(3), draft) or (entity_key(order.orc.raw(3), draft) if order.orc else "")
    placer = entity_key(segment.raw(2), draft) or (entity_key(order.orc.raw(2), draft) if order.orc else "")
    if filler:
        key = f"filler:{filler}|{code}"
    elif placer:
        key = f"placer:{placer}|{code}"
    else:
        key = f"{code}|{draft.value(7) or draft.value(22) or draft.sent}|{draft.encounter}"
    repeated = draft.occurrence(f"order:{key}")
    return f"{key}#{repeated + 1}" if repeated else key


def _request(draft: Draft, order: Order, segment: Segment) -> None:
    code = draft.message.value(segment, 4) or draft.message.value(segment, 4, 2)
    orc_raw = order.orc.raw if order.orc else (lambda position: "")
    placer = entity_key(segment.raw(2), draft) or entity_key(orc_raw(2), draft)
    filler = entity_key(segment.raw(3), draft) or entity_key(orc_raw(3), draft)
    number = f"placer:{placer}" if placer else f"filler:{filler}" if filler else order.key
    request = order.request or draft.begin("ServiceRequest", f"{number}|{code}")
    request.setdefault("status", "unknown")
    request.setdefault("intent", "order")
    request["subject"] = draft.subject()
    draft.within(request)
    told = request.pop("status")
    if order.orc is not None:
        draft.segment = order.orc
        draft.apply("ORC[ServiceRequest]", request)
    draft.segment = segment
    requester = request.get("requester")
    draft.apply("OBR[ServiceRequest]", request)
    if requester:
        request["requester"] = requester
    said = request.pop("status", told)
    ordered = {
        "resourceType": "ServiceRequest",
        "id": request["id"],
        "status": parts.request_status(draft, order, said),
    }
    ordered["intent"] = parts.intent(draft)
    merge(ordered, request)
    ordered["intent"] = parts.intent(draft)
    if timed := draft.value(27):
        parts.old_timing(draft, ordered, segment.raw(27), timed)
    elif order.orc is not None and order.orc.raw(7):
        parts.old_timing(draft, ordered, order.orc.raw(7), "")
    draft.resources.pop(f"ServiceRequest/{request['id']}", None)
    draft.keep(ordered)
    order.request = ordered
    for waiting in order.timings:
        draft.segment = waiting
        tq1(draft, waiting)
    order.timings.clear()
    draft.segment = segment
    if order.report is not None:
        order.report["basedOn"] = [{"reference": f"ServiceRequest/{ordered['id']}"}]


def _report(draft: Draft, order: Order, segment: Segment) -> None:
    report = draft.begin("DiagnosticReport", order.key)
    if order.request is not None:
        report["basedOn"] = [{"reference": f"ServiceRequest/{order.request['id']}"}]
    report["status"] = "unknown"
    report["subject"] = draft.subject()
    draft.within(report)
    if order.orc is not None:
        draft.segment = order.orc
        draft.apply("ORC[DiagnosticReport]", report)
        draft.segment = segment
    draft.apply("OBR[DiagnosticReport]", report)
    report.setdefault("code", {"text": "unspecified"})
    if not report.get("conclusion"):
        report.pop("conclusion", None)
    effective(draft, report)
    draft.keep(report)
    order.report = report


def effective(draft: Draft, report: Resource) -> None:
    """OBR-7 alone is a moment, with OBR-8 a period."""
    start, end = draft.stamp(7), draft.stamp(8)
    if start and end and end != start and not before(end, start):
        report["effectivePeriod"] = {"start": start, "end": end}
    elif start or end:
        report["effectiveDateTime"] = start or end
    for position in (7, 8):
        if draft.value(position) and draft.stamp(position) is None:
            draft.unmapped(f"OBR-{position}", draft.value(position))


def _when(draft: Draft, request: Resource) -> None:
    """TQ1-3, TQ1-7 and TQ1-8 as occurrence."""
    start, end = draft.stamp(7), draft.stamp(8)
    pattern = timing.of_pattern(draft.value(3), draft.value(3, 2))
    occurrence: dict[str, Any] = pattern
    if "repeat" in pattern or draft.value(3):
        if bounds := ordered_period(start, end):
            occurrence.setdefault("repeat", {})["boundsPeriod"] = bounds
        _occur(request, "occurrenceTiming", occurrence)
    elif start and end and not before(end, start):
        _occur(request, "occurrencePeriod", {"start": start, "end": end})
    elif start or end:
        _occur(request, "occurrenceDateTime", start or end)


def _occur(request: Resource, name: str, value: Any) -> None:
    for other in ("occurrenceDateTime", "occurrencePeriod", "occurrenceTiming"):
        request.pop(other, None)
    request[name] = value


HANDLERS = {"ORC": orc, "OBR": obr, "TQ1": tq1}
