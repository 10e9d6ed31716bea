"""What the resident index keeps of one source's Patient: the normalised features that are compared.

Pure: a FHIR R4 Patient in, `Features` out. Check digits are verified here (GB 11643); what fails the check is kept
apart as a mistyped number, never as proof of identity.
"""

import re
from typing import Any, Final, TypeVar

import msgspec

from fhir_profiles.identifier_systems import CITIZEN_ID, HEALTH_CARD, REGION_WIDE
from fhir_profiles.identity_numbers import citizen_birth_date, is_citizen_id, normal_citizen_id
from record_store.matching_addresses import Address, addresses, phones
from record_store.matching_names import Name, names

SOCIAL_SECURITY: Final = "http://hl7.org/fhir/sid/us-ssn"

_COMPARED: Final = frozenset({CITIZEN_ID, HEALTH_CARD, SOCIAL_SECURITY})
_NATIONAL: Final = "urn:oid:2.16.156.10011."
_BIRTH_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_NEVER_BORN: Final = frozenset({"1900-01-01", "1899-12-31", "1111-11-11", "9999-12-31", "0001-01-01"})
_CORE_15: Final = re.compile(r"[1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_LEAST_CARD = 6
REMEMBERED: Final = 4
"""How many former names, phones, addresses and numbers of a patient the index keeps."""
T = TypeVar("T")


class Features(msgspec.Struct, frozen=True, array_like=True):
    """The comparable part of a Patient.

    `citizen_ids`: valid 18-character numbers; `old_citizen_ids`: 15-digit numbers as sent (their century is a
    guess); `mistyped_ids`: citizen numbers that fail the check. `social_security`: numbers without a check digit.
    `births`: birth dates as FHIR writes them (year, month or day), the stated one first, then those inside the
    citizen numbers. `gender`: male, female or empty. `numbers`: other identifiers
    as `system|assigner|value`.
    """

    citizen_ids: tuple[str, ...] = ()
    old_citizen_ids: tuple[str, ...] = ()
    mistyped_ids: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    social_security: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    names: tuple[Name, ...] = ()
    births: tuple[str, ...] = ()
    gender: str = ""
    phones: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()

    @property
    def citizen_cores(self) -> frozenset[str]:
        """The 15 digits that the old and the new form of a citizen number share."""
        return frozenset([core(number) for number in self.citizen_ids] + list(self.old_citizen_ids))


def core(citizen_id: str) -> str:
    """An 18-character citizen number without century and check character: its old 15-digit form."""
    return citizen_id[:6] + citizen_id[8:17]


def features(patient: dict[str, Any]) -> Features:
    """The features of a FHIR Patient; anything that can't be understood is left out, nothing is refused."""
    by_system: dict[str, list[str]] = {}
    numbers: list[str] = []
    for identifier in patient.get("identifier") or ():
        value = str(identifier.get("value") or "").strip()
        system = str(identifier.get("system") or "")
        if not value or identifier.get("use") == "old":
            continue
        if system in _COMPARED:
            by_system.setdefault(system, []).append(value)
        elif system and (number := _number(system, identifier)):
            numbers.append(number)
    valid, old, mistyped = _citizen_numbers(by_system.get(CITIZEN_ID, []))
    cards = [card for value in by_system.get(HEALTH_CARD, []) if len(card := _compact(value)) >= _LEAST_CARD]
    security = [digits for value in by_system.get(SOCIAL_SECURITY, []) if (digits := _digits(value))]
    gender = str(patient.get("gender") or "")
    return Features(
        citizen_ids=_distinct(valid),
        old_citizen_ids=_distinct(old),
        mistyped_ids=_distinct(mistyped),
        cards=_distinct(cards),
        social_security=_distinct(security),
        numbers=_distinct(numbers),
        names=names(patient),
        births=_births(str(patient.get("birthDate") or ""), valid),
        gender=gender if gender in ("male", "female") else "",
        phones=phones(patient),
        addresses=addresses(patient),
    )


def combined(new: Features, before: Features) -> Features:
    """What is known of a patient after a newer message: the new view first, and what the old one alone had.

    Later messages often carry less (a laboratory knows the name alone), and an old phone or address still finds the
    person. A number, birth date or sex that the new view states replaces the old one: it may be a correction.
    """
    former = tuple(msgspec.structs.replace(name, former=True) for name in before.names)
    current = {(name.family, name.given, name.middle) for name in new.names}
    stated = bool(new.citizen_ids or new.old_citizen_ids)
    return Features(
        citizen_ids=new.citizen_ids if stated else before.citizen_ids,
        old_citizen_ids=new.old_citizen_ids if stated else before.old_citizen_ids,
        mistyped_ids=new.mistyped_ids or (() if stated else before.mistyped_ids),
        cards=new.cards or before.cards,
        social_security=new.social_security or before.social_security,
        numbers=_most(new.numbers, before.numbers),
        names=new.names
        + tuple(n for n in former if (n.family, n.given, n.middle) not in current)[:REMEMBERED]
        if new.names
        else before.names,
        births=new.births or before.births,
        gender=new.gender or before.gender,
        phones=_most(new.phones, before.phones),
        addresses=_most(new.addresses, before.addresses),
    )


def _most(new: tuple[T, ...], before: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(new + before))[: len(new) + REMEMBERED]


def _citizen_numbers(values: list[str]) -> tuple[list[str], list[str], list[str]]:
    valid: list[str] = []
    old: list[str] = []
    mistyped: list[str] = []
    for value in values:
        text = _compact(value)
        if len(text) == 15 and _CORE_15.fullmatch(text):
            old.append(text)
        elif is_citizen_id(number := normal_citizen_id(text)):
            valid.append(number)
        elif text.isalnum() and len(text) >= 14:
            mistyped.append(text)
    return valid, old, mistyped


def _births(stated: str, citizen_ids: list[str]) -> tuple[str, ...]:
    """The stated date, and the one inside the number unless the two have nothing in common: a newborn under its
    mother's number was not born when she was."""
    found = [stated] if _BIRTH_DATE.fullmatch(stated) and stated not in _NEVER_BORN else []
    for number in citizen_ids:
        born = citizen_birth_date(number)
        text = born.isoformat() if born else ""
        if born and (not found or found[0][:4] == text[:4] or found[0][5:] == text[5:]):
            found.append(text)
    return _distinct(found)


def _number(system: str, identifier: dict[str, Any]) -> str:
    """An identifier that names a person: in a region-wide system, in one of the sender's own, or with its assigner.

    The national systems number patients and visits within each institution; without the institution they say nothing.
    """
    assigner = identifier.get("assigner") or {}
    within = str(assigner.get("reference") or assigner.get("display") or "")
    value = str(identifier["value"]).strip()
    if system in REGION_WIDE:
        return f"{system}||{_compact(value)}"
    if within or not system.startswith(_NATIONAL):
        return f"{system}|{within}|{value}"
    return ""


def _compact(value: str) -> str:
    return "".join(value.replace("-", "").split()).upper()


def _digits(value: str) -> str:
    digits = "".join(c for c in value if c.isdigit())
    return digits if len(set(digits)) > 1 else ""


def _distinct(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
