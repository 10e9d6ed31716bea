"""Parts of acts: who did it, amounts with the unit in a neighbouring field, notes of coded values."""

from typing import Any

from adapters.hl7v2.datatypes import concepts, parties, quantities
from adapters.hl7v2.draft import Draft


def performer(raw: str, draft: Draft, role: str = "") -> dict[str, Any] | None:
    """Procedure.performer of an XCN."""
    who = parties.practitioner(raw, draft)
    if who is None:
        return None
    return {"function": {"text": role}, "actor": who} if role else {"actor": who}


def actor(raw: str, draft: Draft) -> dict[str, Any] | None:
    """A performer that is only an actor: dispense, administration, charge."""
    who = parties.practitioner(raw, draft)
    return None if who is None else {"actor": who}


def concept_note(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Annotation of a coded remark."""
    shown = concepts.shown(raw, draft)
    return {"text": shown} if shown else None


def manifestation(raw: str, draft: Draft) -> dict[str, Any] | None:
    """AllergyIntolerance.reaction of a reaction code or text."""
    found = concepts.cwe(raw, draft)
    return {"manifestation": [found]} if found else None


def amount(raw: str, draft: Draft, unit_path: str) -> dict[str, Any] | None:
    """Quantity of a number whose unit stands in another field of the segment."""
    position = int(unit_path.partition("-")[2])
    return quantities.quantity(draft.encoding.first(raw), quantities.unit(draft.segment.raw(position), draft))


def per_day(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Ratio of a daily amount."""
    numerator = quantities.cq(raw, draft)
    if numerator is None:
        return None
    numerator.pop("comparator", None)
    return {
        "numerator": numerator,
        "denominator": {"value": 1, "unit": "d", "system": quantities.UCUM, "code": "d"},
    }


def substituted(raw: str, draft: Draft) -> bool | None:
    """Whether a dispense was substituted (table 0167)."""
    return {
        "N": False,
        "0": False,
        "G": True,
        "T": True,
        "1": True,
        "2": True,
        "3": True,
        "4": True,
        "5": True,
    }.get(draft.encoding.first(raw).upper())


def rate(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Rate quantity of `25 ml/h` or a number."""
    text = draft.encoding.first(raw)
    number, _, unit = text.partition(" ")
    return quantities.quantity(number, {"unit": unit} if unit else {})


def department(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Organisation of a department code (FT1-13)."""
    return parties.named_organization(concepts.shown(raw, draft) or "", draft.encoding.first(raw), draft)


def number_value(raw: str, draft: Draft) -> Any:
    """A bare decimal."""
    found = quantities.decimal(draft.encoding.first(raw))
    return found[1] if found else None


def active_flag(raw: str, draft: Draft) -> bool | None:
    """Table 0183."""
    return {"A": True, "I": False}.get(draft.encoding.first(raw).upper())


def email(raw: str, draft: Draft) -> dict[str, Any] | None:
    """ContactPoint of an address for mail."""
    text = draft.encoding.first(raw)
    return {"system": "email", "value": text} if text else None


def qualification(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Practitioner.qualification of a job title or specialty."""
    found = concepts.cwe(raw, draft)
    return {"code": found} if found else None
