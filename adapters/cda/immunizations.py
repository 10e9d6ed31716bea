"""Immunizations (C-CDA Immunization Activity 2.16.840.1.113883.10.20.22.4.52)."""

from typing import Any

from adapters.cda import datatypes, medications, participants, related
from adapters.cda.document import Document, Section
from adapters.cda.reading import attribute, words
from adapters.safe_xml import Element

_REFUSAL = f"{related.CCDA}53"
_REACTION = f"{related.CCDA}9"


def immunization(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    """One vaccination, given or not."""
    if related.mood(act) != "EVN":
        return medications.medication(document, section, act)
    vaccine = medications.drug_of(document, act) or {"text": document.text(act) or "not stated"}
    refusals = related.with_template(act, _REFUSAL)
    notes, read = related.comments(document, act)
    product = act.find("consumable/manufacturedProduct")
    maker = (
        participants.organisation(document, product.find("manufacturerOrganization"))
        if product is not None
        else None
    )
    when = datatypes.moment(act.find("effectiveTime"), document.zone)
    negated = related.negated(act)
    repeat = attribute(act, "repeatNumber", "value")
    elements: dict[str, Any] = {
        "identifier": datatypes.identifiers(act),
        "status": "not-done" if negated else "completed",
        "statusReason": next(
            (code for found in refusals if (code := document.concept(found.find("code")))), None
        ),
        "vaccineCode": vaccine,
        "patient": document.subject,
        "encounter": document.encounter_reference(),
        "occurrenceDateTime": when,
        "occurrenceString": None if when else "not stated",
        "manufacturer": maker,
        "lotNumber": words(act.find("consumable/manufacturedProduct/manufacturedMaterial/lotNumberText")),
        "site": document.concept(act.find("approachSiteCode")),
        "route": document.concept(act.find("routeCode")),
        "doseQuantity": datatypes.quantity(act.find("doseQuantity")),
        "performer": [{"actor": found} for found in participants.performers(document, act)],
        "note": related.note(document, act, notes),
    }
    if repeat.isdigit() and 0 < int(repeat) < 1000:
        elements["protocolApplied"] = [{"doseNumberPositiveInt": int(repeat)}]
    made = document.add("Immunization", document.key(act, "Immunization"), elements)
    return [made, *section.inside(document, act, [*refusals, *read])]
