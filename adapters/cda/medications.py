"""Medications (C-CDA Medication Activity 2.16.840.1.113883.10.20.22.4.16, supply and dispense).

What happened or is taken becomes MedicationStatement, what is ordered or intended MedicationRequest, what was handed
out MedicationDispense.
"""

from decimal import Decimal
from typing import Any

from adapters.cda import data_elements, datatypes, header, participants, related
from adapters.cda.document import Document, Section
from adapters.cda.reading import XSI_TYPE, attribute, words
from adapters.safe_xml import Element

_STATEMENT = {
    "active": "active",
    "completed": "completed",
    "aborted": "stopped",
    "suspended": "on-hold",
    "held": "on-hold",
}
_REQUEST = {
    "active": "active",
    "completed": "completed",
    "aborted": "stopped",
    "suspended": "on-hold",
    "held": "on-hold",
}
_DISPENSE = {"completed": "completed", "active": "in-progress", "aborted": "stopped", "suspended": "on-hold"}
_PRESCRIPTIONS = frozenset({"C0004", "C0005", "C0052"})
"""Shared documents whose medications are orders, whatever their moodCode says."""
_UNITS = {"h": "h", "d": "d", "wk": "wk", "mo": "mo", "min": "min", "s": "s", "a": "a", "hr": "h", "day": "d"}


def medication(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    """One substanceAdministration."""
    drug = drug_of(document, act)
    if drug is None:
        if not (text := document.text(act)):
            return section.inside(document, act)
        drug = {"text": text}
    indications = related.with_template(act, related.INDICATION)
    notes, read = related.comments(document, act)
    author, authored = participants.author(document, act)
    negated = related.negated(act)
    status = attribute(act, "statusCode", "code")
    dosage = _dosage(document, act)
    items, elements_inside = data_elements.items_inside(document, act)
    form = (document.concept(act.find("administrationUnitCode")) or {}).get("text", "")
    if lines := [line for line in (form, *(item.line for item in items)) if line]:
        dosage["text"] = "；".join(lines)
    reasons = [code for found in indications if (code := document.concept(found.find("value")))]
    elements: dict[str, Any] = {
        "identifier": datatypes.identifiers(act),
        "medicationCodeableConcept": drug,
        "subject": document.subject,
        "reasonCode": reasons,
        "note": related.note(document, act, notes),
    }
    prescribed = attribute(document.root, "code", "code") in _PRESCRIPTIONS
    if related.mood(act) in ("EVN", "DEF") and not prescribed:
        kind = "MedicationStatement"
        elements |= {
            "status": "not-taken" if negated else _STATEMENT.get(status, "unknown"),
            "context": document.encounter_reference(),
            **_when(document, act),
            "dateAsserted": authored,
            "informationSource": author if author and "reference" in author else None,
            "dosage": [dosage] if dosage else [],
        }
    else:
        kind = "MedicationRequest"
        elements |= {
            "status": _REQUEST.get(status, "active"),
            "intent": "order" if prescribed or related.mood(act) == "RQO" else "plan",
            "groupIdentifier": header.prescription_number(document.root),
            "doNotPerform": True if negated else None,
            "encounter": document.encounter_reference(),
            "authoredOn": authored or (document.date if prescribed else None),
            "requester": author or (document.author if prescribed else None),
            "dosageInstruction": [dosage] if dosage else [],
        }
    made = document.add(kind, document.key(act, kind), elements)
    return [made, *section.inside(document, act, [*indications, *read, *elements_inside])]


def supply(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    """One supply: a dispense where it happened, else an order."""
    drug = drug_of(document, act) or ({"text": text} if (text := document.text(act)) else None)
    if drug is None:
        return section.inside(document, act)
    amount = datatypes.quantity(act.find("quantity"))
    status = attribute(act, "statusCode", "code")
    notes, read = related.comments(document, act)
    elements: dict[str, Any] = {
        "identifier": datatypes.identifiers(act),
        "medicationCodeableConcept": drug,
        "subject": document.subject,
        "note": related.note(document, act, notes),
    }
    author, authored = participants.author(document, act)
    if related.mood(act) == "EVN":
        kind = "MedicationDispense"
        performers = [{"actor": found} for found in participants.performers(document, act)]
        elements |= {
            "status": _DISPENSE.get(status, "unknown"),
            "quantity": amount,
            "performer": performers,
            "whenHandedOver": datatypes.moment(act.find("effectiveTime"), document.zone),
        }
    else:
        kind = "MedicationRequest"
        repeats = attribute(act, "repeatNumber", "value")
        dispense = {
            "quantity": amount,
            "numberOfRepeatsAllowed": int(repeats) if repeats.isdigit() and len(repeats) < 5 else None,
        }
        filled = {name: value for name, value in dispense.items() if value is not None}
        elements |= {
            "status": _REQUEST.get(status, "active"),
            "intent": "order",
            "authoredOn": authored,
            "requester": author,
            "dispenseRequest": filled,
        }
    made = document.add(kind, document.key(act, kind), elements)
    return [made, *section.inside(document, act, read)]


def drug_of(document: Document, act: Element) -> dict[str, Any] | None:
    """The code and name of the product of a substanceAdministration or supply."""
    for path in ("consumable/manufacturedProduct", "product/manufacturedProduct"):
        product = act.find(path)
        if product is None:
            continue
        for inner in ("manufacturedMaterial", "manufacturedLabeledDrug"):
            material = product.find(inner)
            if material is None:
                continue
            made = document.concept(material.find("code"))
            label = words(material.find("name"))
            if made and label and not made.get("text"):
                made["text"] = label
            if made or label:
                return made or {"text": label}
    return None


def _when(document: Document, act: Element) -> dict[str, Any]:
    for time in act.findall("effectiveTime"):
        if (time.get(XSI_TYPE) or "").rpartition(":")[2] not in ("PIVL_TS", "EIVL_TS") and time.find(
            "period"
        ) is None:
            return datatypes.timing(time, document.zone, "effective")
    return {}


def _dosage(document: Document, act: Element) -> dict[str, Any]:
    made: dict[str, Any] = {
        "timing": _timing(document, act),
        "asNeededBoolean": True if act.find("precondition") is not None else None,
        "site": document.concept(act.find("approachSiteCode")),
        "route": document.concept(act.find("routeCode")),
    }
    dose = act.find("doseQuantity")
    if dose is not None:
        amount, span = datatypes.quantity(dose), datatypes.range_of(dose)
        made["doseAndRate"] = (
            [{"doseQuantity": amount}] if amount else ([{"doseRange": span}] if span else None)
        )
    rate = datatypes.quantity(act.find("rateQuantity"))
    if rate:
        made["doseAndRate"] = [{**(made.get("doseAndRate") or [{}])[0], "rateQuantity": rate}]
    return {name: value for name, value in made.items() if value is not None}


def _timing(document: Document, act: Element) -> dict[str, Any] | None:
    for time in act.findall("effectiveTime"):
        length = time.find("period")
        value, unit = (
            datatypes.number(attribute(length, "", "value")),
            _UNITS.get(attribute(length, "", "unit")),
        )
        if value is not None and value > Decimal(0) and unit:
            return {"repeat": {"frequency": 1, "period": value, "periodUnit": unit}}
        event = attribute(time, "event", "code")
        if event:
            return {"code": {"text": event}}
    frequency = document.concept(act.find("rateQuantity/translation"))
    return {"code": frequency} if frequency else None
