"""Invariants of FHIR R4 that compare values, as small functions by the kind of object they are about.

https://hl7.org/fhir/R4/conformance-rules.html#constraints. Each takes an object whose structure is right and says
whether the invariant holds. What cannot be compared (dates of different precision, other units) holds.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from fhir_profiles.dates import interval
from fhir_profiles.invariant import Invariant, Object, has
from fhir_profiles.ucum import SYSTEM as UCUM

_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_ALLERGY_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"


def _coded(concept: Object | None, system: str, codes: Iterable[str]) -> bool:
    listed = (concept or {}).get("coding", ())
    return any(each.get("system") == system and each.get("code") in codes for each in listed)


def _in_order(first: str | None, second: str | None) -> bool:
    """Whether a date is not certainly later than another."""
    if first is None or second is None:
        return True
    if len(first) == len(second) and first[19:] == second[19:]:
        return first <= second
    low, high = interval(first), interval(second)
    return low is None or high is None or low[0] < high[1]


def _period(value: Object) -> bool:
    return _in_order(value.get("start"), value.get("end"))


def _range(value: Object) -> bool:
    low, high = value.get("low", {}), value.get("high", {})
    if (
        "value" not in low
        or "value" not in high
        or low.get("code") != high.get("code")
        or low.get("unit") != high.get("unit")
    ):
        return True
    return bool(low["value"] <= high["value"])


def _ratio(value: Object) -> bool:
    return ("numerator" in value) == ("denominator" in value) and (
        "numerator" in value or "extension" in value
    )


def _ucum_or_none(value: Object) -> bool:
    return "system" not in value or value["system"] == UCUM


def _age(value: Object) -> bool:
    return (
        ("code" in value or "value" not in value)
        and _ucum_or_none(value)
        and ("value" not in value or value["value"] > 0)
    )


def _count(value: Object) -> bool:
    number = Decimal(value.get("value", 0))
    whole = number == number.to_integral_value()
    coded = "code" in value or "value" not in value
    return coded and _ucum_or_none(value) and value.get("code", "1") == "1" and whole


def _not_negative(name: str) -> Callable[[Object], bool]:
    return lambda value: name not in value or value[name] >= 0


def _component_repeats_code(value: Object) -> bool:
    """obs-7: a component with the observation's own code stands for the value, which must then be absent."""
    components = value.get("component")
    if not components or not has(value, "value"):
        return True
    own = {(each.get("system"), each.get("code")) for each in value.get("code", {}).get("coding", ())}
    inner = (each for component in components for each in component.get("code", {}).get("coding", ()))
    return not any((each.get("system"), each.get("code")) in own for each in inner)


def _abated(value: Object) -> bool:
    return not has(value, "abatement") or _coded(
        value.get("clinicalStatus"), _CLINICAL, ("resolved", "remission", "inactive")
    )


def _condition_in_error(value: Object) -> bool:
    return "clinicalStatus" not in value or not _coded(
        value.get("verificationStatus"), _VERIFICATION, ("entered-in-error",)
    )


def _allergy_status(value: Object) -> bool:
    """ait-1 and ait-2 together: a clinical status, except where the record is an error."""
    in_error = _coded(value.get("verificationStatus"), _ALLERGY_VERIFICATION, ("entered-in-error",))
    return in_error != ("clinicalStatus" in value)


def _appointment_times(value: Object) -> bool:
    both = ("start" in value) + ("end" in value)
    return both == 2 or (both == 0 and value.get("status") in ("proposed", "cancelled", "waitlist"))


def _appointment_reason(value: Object) -> bool:
    return "cancelationReason" not in value or value.get("status") in ("no-show", "cancelled")


def _no_home(name: str) -> Callable[[Object], bool]:
    return lambda value: all(each.get("use") != "home" for each in value.get(name, ()))


def _size(value: Object) -> bool:
    """Whether a stated size is that of the data; white space inside base64 does not count."""
    if "size" not in value or "data" not in value:
        return True
    encoded = "".join(value["data"].split())
    return bool(value["size"] == len(encoded) // 4 * 3 - encoded[-2:].count("="))


CLINICAL: Final[dict[str, list[Invariant]]] = {
    "Period": [Invariant("per-1", _period, "The start of a period is not after its end")],
    "Range": [Invariant("rng-2", _range, "The low end of a range is not above its high end")],
    "Attachment": [Invariant("size", _size, "The stated size is that of the data", "size")],
    "Ratio": [Invariant("rat-1", _ratio, "A ratio has a numerator and a denominator, or only extensions")],
    "Age": [Invariant("age-1", _age, "An age is positive, with a UCUM code")],
    "Count": [Invariant("cnt-3", _count, "A count is a whole number with the code 1")],
    "Timing.repeat": [
        Invariant("tim-4", _not_negative("duration"), "A duration is not negative", "duration"),
        Invariant("tim-5", _not_negative("period"), "A period is not negative", "period"),
    ],
    "Observation": [
        Invariant(
            "obs-7",
            _component_repeats_code,
            "No component repeats the code of an observation that has a value",
        )
    ],
    "Condition": [
        Invariant(
            "con-4",
            _abated,
            "A condition that abated is resolved, inactive or in remission",
            "clinicalStatus",
        ),
        Invariant(
            "con-5",
            _condition_in_error,
            "A condition entered in error has no clinical status",
            "clinicalStatus",
        ),
    ],
    "AllergyIntolerance": [
        Invariant(
            "ait-1",
            _allergy_status,
            "A clinical status is given, except for what was entered in error",
            "clinicalStatus",
        ),
    ],
    "Appointment": [
        Invariant(
            "app-3",
            _appointment_times,
            "An appointment has a start and an end, unless it is only proposed or cancelled",
        ),
        Invariant(
            "app-4",
            _appointment_reason,
            "A reason for cancelling belongs to a cancelled appointment",
            "cancelationReason",
        ),
    ],
    "Organization": [
        Invariant("org-2", _no_home("address"), "An organisation has no home address", "address"),
        Invariant("org-3", _no_home("telecom"), "An organisation has no home telephone", "telecom"),
    ],
    "MedicationDispense": [
        Invariant(
            "mdd-1",
            lambda v: _in_order(v.get("whenPrepared"), v.get("whenHandedOver")),
            "Nothing is handed over before it is prepared",
            "whenHandedOver",
        ),
    ],
    "RiskAssessment.prediction": [
        Invariant(
            "ras-2",
            lambda v: v.get("probabilityDecimal", 0) <= 100,
            "A probability is at most 100",
            "probability",
        )
    ],
}
