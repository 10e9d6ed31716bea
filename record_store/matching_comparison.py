"""Two patients compared: the evidence in coded words, its bits, and whether anything forbids the link.

Pure Fellegi-Sunter with the constants of `matching_weights`; `docs/resident-index.md` says them in prose.
"""

from itertools import product
from typing import Final

import msgspec

from record_store import matching_weights as weights
from record_store.matching_addresses import Address, is_mobile
from record_store.matching_features import Features
from record_store.matching_name_comparison import compare_names
from record_store.matching_similarity import within_one_edit

_IDENTIFYING: Final = frozenset(
    {"citizen-id:same", "citizen-id:old-form", "citizen-id:mistyped", "citizen-id:same-mistyped", "card:same"}
)


class Comparison(msgspec.Struct, frozen=True):
    """What two patients have for and against being one resident.

    `score` is the posterior in bits (prior included), `evidence` words like `name:homophone`, in a fixed order.
    `conflicting` is true when both hold valid citizen numbers that differ: no rule may link them.
    """

    score: float
    evidence: tuple[str, ...]
    conflicting: bool = False

    @property
    def by_number(self) -> bool:
        """Whether an identifying number agrees, so that a person should look even where the rest does not."""
        return not _IDENTIFYING.isdisjoint(self.evidence)


def compare(a: Features, b: Features) -> Comparison:
    """Compare two patients; symmetric."""
    found = [
        ("citizen-id", *_citizen_id(a, b)),
        ("card", *_set_evidence(a.cards, b.cards, weights.CARD, weights.CARD_DIFFERENT)),
        ("social-security", *_social_security(a.social_security, b.social_security)),
        ("number", *_set_evidence(a.numbers, b.numbers, weights.NUMBER, 0.0)),
        ("name", *compare_names(a.names, b.names)),
        ("birth", *_births(a.births, b.births)),
        ("gender", *_gender(a.gender, b.gender)),
    ]
    phone = _phone(a.phones, b.phones)
    address = _address(a.addresses, b.addresses)
    found += [("phone", *phone), ("address", *address)]
    excess = max(phone[1] + address[1] - weights.HOUSEHOLD_CAP, 0.0)
    score = weights.PRIOR + sum(bits for _, _, bits in found) - excess
    evidence = tuple(f"{field}:{word}" for field, word, bits in found if word != "missing")
    return Comparison(score, evidence, found[0][1] == "conflict")


def _citizen_id(a: Features, b: Features) -> tuple[str, float]:
    if set(a.citizen_ids) & set(b.citizen_ids):
        return "same", weights.CITIZEN_ID
    ours, theirs = a.citizen_cores, b.citizen_cores
    if ours & theirs and (a.old_citizen_ids or b.old_citizen_ids):
        return "old-form", weights.CITIZEN_ID_OLD_FORM
    if ours and theirs:
        return "conflict", weights.CITIZEN_ID_CONFLICT
    return _mistyped(a, b)


def _mistyped(a: Features, b: Features) -> tuple[str, float]:
    if set(a.mistyped_ids) & set(b.mistyped_ids):
        return "same-mistyped", weights.CITIZEN_ID_SAME_MISTYPED
    typed = [*product(a.mistyped_ids, b.citizen_ids), *product(b.mistyped_ids, a.citizen_ids)]
    if any(within_one_edit(x, y) for x, y in typed):
        return "mistyped", weights.CITIZEN_ID_MISTYPED
    if typed:
        return "unclear", weights.CITIZEN_ID_UNCLEAR
    return "missing", 0.0


def _set_evidence(a: tuple[str, ...], b: tuple[str, ...], same: float, different: float) -> tuple[str, float]:
    if not a or not b:
        return "missing", 0.0
    if set(a) & set(b):
        return "same", same
    return ("different", different) if different else ("missing", 0.0)


def _social_security(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, float]:
    if not a or not b:
        return "missing", 0.0
    if set(a) & set(b):
        return "same", weights.SOCIAL_SECURITY
    for x, y in product(a, b):
        if within_one_edit(x, y):
            return "near", weights.SOCIAL_SECURITY_NEAR
        if min(len(x), len(y)) == 4 and x[-4:] == y[-4:]:
            return "last-four", weights.SOCIAL_SECURITY_NEAR
    return "conflict", weights.SOCIAL_SECURITY_CONFLICT


def _births(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, float]:
    if not a or not b:
        return "missing", 0.0
    return max((_birth(x, y) for x, y in product(a, b)), key=lambda found: found[1])


def _birth(a: str, b: str) -> tuple[str, float]:
    precision = min(len(a), len(b))
    if precision < 10 and a[:precision] == b[:precision]:
        return ("same-month", weights.BIRTH_MONTH) if precision == 7 else ("same-year", weights.BIRTH_YEAR)
    if a == b:
        return ("same-new-year", weights.BIRTH_NEW_YEAR) if a.endswith("-01-01") else ("same", weights.BIRTH)
    if precision == 10 and a[:4] == b[:4]:
        return _in_one_year(a[5:7], a[8:], b[5:7], b[8:])
    if precision == 10 and a[4:] == b[4:] and within_one_edit(a[:4], b[:4]):
        return "one-part", weights.BIRTH_ONE_PART
    return "conflict", weights.BIRTH_CONFLICT


def _in_one_year(month: str, day: str, other_month: str, other_day: str) -> tuple[str, float]:
    if month == other_day and day == other_month:
        return "swapped", weights.BIRTH_SWAPPED
    if "0101" in (month + day, other_month + other_day):
        return "same-year", weights.BIRTH_YEAR
    if month == other_month and "01" in (day, other_day):
        return "first-of-month", weights.BIRTH_FIRST_OF_MONTH
    if month == other_month or day == other_day:
        return "one-part", weights.BIRTH_ONE_PART
    return "conflict", weights.BIRTH_CONFLICT


def _gender(a: str, b: str) -> tuple[str, float]:
    if not a or not b:
        return "missing", 0.0
    return ("same", weights.GENDER) if a == b else ("conflict", weights.GENDER_CONFLICT)


def _phone(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, float]:
    if not a or not b:
        return "missing", 0.0
    shared = set(a) & set(b)
    if shared:
        return "same", weights.MOBILE if any(map(is_mobile, shared)) else weights.LANDLINE
    return "different", weights.PHONE_DIFFERENT


def _address(a: tuple[Address, ...], b: tuple[Address, ...]) -> tuple[str, float]:
    if not a or not b:
        return "missing", 0.0
    return max((_one_address(x, y) for x, y in product(a, b)), key=lambda found: found[1])


def _one_address(x: Address, y: Address) -> tuple[str, float]:
    one_place = x.place == y.place or x.place.endswith(y.place) or y.place.endswith(x.place)
    if x.door and x.door == y.door and _regions_agree(x.region, y.region):
        if one_place:
            return "same", weights.ADDRESS
        if within_one_edit(x.place, y.place):
            return "near", weights.ADDRESS_MISTYPED
    if _streets(x) & _streets(y) and _regions_agree(x.region, y.region):
        return "same-street", weights.ADDRESS_STREET
    return ("same-place", weights.ADDRESS_PLACE) if one_place else ("different", weights.ADDRESS_DIFFERENT)


def _streets(address: Address) -> set[str]:
    return {street for street in (address.street, f"{address.place}-{address.door}") if "-" in street[1:-1]}


def _regions_agree(a: str, b: str) -> bool:
    return a in b or b in a or within_one_edit(a, b)
