"""What a resource can be found by, and how each FHIR type yields it for each kind of search parameter.

https://hl7.org/fhir/R4/search.html §3.1.1.4. Each collector takes one value of a FHIR type, the names of the
parameters it serves and the IndexValues to add to. They take valid R4 for granted and nothing more.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from math import inf
from typing import Any, Final

from fhir_profiles import ucum
from fhir_profiles.dates import interval
from fhir_profiles.text import contact, normalise

CURRENCY: Final = "urn:iso:std:iso:4217"


@dataclass(slots=True)
class IndexValues:
    """Everything a resource is found by. Lists hold what the primaries repeat, too; the order is the resource's.

    `tokens` (parameter, system or '', code); `strings` (parameter, normalised text); `texts` the same for the
    words beside codes (`:text`); `dates` (parameter, low, high) in UTC, None where open; `quantities` (parameter,
    system, unit, low, high): units of UCUM in their base form, other units as written, and once more without
    system and unit as the bare number; numbers have neither; ends are -inf or inf where a comparator opens them;
    `references` (parameter, `Type/id` or URL); `uris` (parameter, value); `identifiers` (parameter, system or '',
    value): identifiers, telephone numbers and mail addresses (`text.contact`), and under `parameter:identifier`
    the logical references. The primaries are the first value of the parameter that `primary_parameters` names.
    `subject` is `Patient/x`, `encounter` is `Encounter/x`.
    """

    tokens: list[tuple[str, str, str]] = field(default_factory=list)
    strings: list[tuple[str, str]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    dates: list[tuple[str, datetime | None, datetime | None]] = field(default_factory=list)
    quantities: list[tuple[str, str, str, float, float]] = field(default_factory=list)
    references: list[tuple[str, str]] = field(default_factory=list)
    uris: list[tuple[str, str]] = field(default_factory=list)
    identifiers: list[tuple[str, str, str]] = field(default_factory=list)
    primary_code: tuple[str, str, str] | None = None
    primary_date: tuple[datetime | None, datetime | None] | None = None
    primary_value: tuple[str, float] | None = None
    subject: str | None = None
    encounter: str | None = None


Names = tuple[str, ...]
Collector = Callable[[Any, Names, IndexValues], None]

_display = lru_cache(maxsize=16384)(normalise)
"""Displays of codes repeat; they are no resident's words often enough to be kept."""


def coding(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    code = value.get("code")
    if code is not None:
        system = value.get("system", "")
        for name in names:
            out.tokens.append((name, system, code))
    if "display" in value:
        words = _display(value["display"])
        for name in names:
            out.texts.append((name, words))


def concept(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    for each in value.get("coding", ()):
        coding(each, names, out)
    if "text" in value:
        words = normalise(value["text"])
        for name in names:
            out.texts.append((name, words))


def code(system_of: dict[str, str]) -> Collector:
    """Codes carry no system of their own; a required value set says it."""

    def collect(value: str, names: Names, out: IndexValues) -> None:
        system = system_of.get(value, "")
        for name in names:
            out.tokens.append((name, system, value))

    return collect


def plain(value: Any, names: Names, out: IndexValues) -> None:
    """Booleans and strings as tokens."""
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    for name in names:
        out.tokens.append((name, "", text))


def identifier(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    text = value.get("value")
    if text is not None:
        system = value.get("system", "")
        for name in names:
            out.identifiers.append((name, system, text))
    words = value.get("type", {}).get("text")
    if words is not None:
        for name in names:
            out.texts.append((name, _display(words)))


def contact_point(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    if "value" in value:
        text = contact(value["value"])
        for name in names:
            out.identifiers.append((name, "", text))


def string(value: str, names: Names, out: IndexValues) -> None:
    words = normalise(value)
    if words:
        for name in names:
            out.strings.append((name, words))


def concept_text(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    for text in (value.get("text"), *(each.get("display") for each in value.get("coding", ()))):
        if text is not None:
            string(text, names, out)


def human_name(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    """Each part, the text, and family and given name together as East Asian names are written."""
    family, given = value.get("family"), [part for part in value.get("given", ()) if part]
    for part in (family, *given, *value.get("prefix", ()), *value.get("suffix", ()), value.get("text")):
        if part:
            string(part, names, out)
    if family and given and "text" not in value and not family.isascii():
        string(family + "".join(given), names, out)


def address(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    for part in ("text", "city", "district", "state", "postalCode", "country"):
        if part in value:
            string(value[part], names, out)
    for line in value.get("line", ()):
        if line:
            string(line, names, out)


def date(value: str, names: Names, out: IndexValues) -> None:
    found = interval(value)
    if found is not None:
        for name in names:
            out.dates.append((name, *found))


def period(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    start, end = (interval(value[part]) if part in value else None for part in ("start", "end"))
    low, high = start[0] if start else None, end[1] if end else None
    if low or high:
        for name in names:
            out.dates.append((name, low, high))


def timing(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    """From the first event to the last, or the bounds of the repetition."""
    events = [found for event in value.get("event", ()) if event and (found := interval(event))]
    if events:
        for name in names:
            out.dates.append((name, min(low for low, _ in events), max(high for _, high in events)))
    elif "boundsPeriod" in (repeat := value.get("repeat", {})):
        period(repeat["boundsPeriod"], names, out)


def quantity(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    if "value" in value:
        number, comparator = approximate(value["value"]), value.get("comparator", "")
        system, unit = value.get("system", ""), value.get("code") or value.get("unit", "")
        base = ucum.canonical(unit) if system == ucum.SYSTEM else None
        if base is not None:
            _range(names, out, ucum.SYSTEM, base[0], *_opened(number * base[1] + base[2], comparator))
        elif system or unit:
            _range(names, out, system, unit, *_opened(number, comparator))
        _range(names, out, "", "", *_opened(number, comparator))


def money(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    if "value" in value:
        number = approximate(value["value"])
        if "currency" in value:
            _range(names, out, CURRENCY, value["currency"], number, number)
        _range(names, out, "", "", number, number)


def quantity_range(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    """One interval from the low to the high end, open where an end is missing."""
    ends = [IndexValues(), IndexValues()]
    for end, side in zip(ends, ("low", "high"), strict=True):
        if side in value:
            quantity(value[side], ("",), end)
    low, high = ({(s, u): n for _, s, u, n, _ in end.quantities} for end in ends)
    for system, unit in low | high:
        lowest, highest = low.get((system, unit), -inf), high.get((system, unit), inf)
        _range(names, out, system, unit, min(lowest, highest), max(lowest, highest))


def sampled(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    """The bounds of sampled data, where they are stated."""
    origin = value.get("origin", {})
    bounds = {side: {**origin, "value": value[limit]} for side, limit in _LIMITS if limit in value}
    if bounds:
        quantity_range(bounds, names, out)


_LIMITS = (("low", "lowerLimit"), ("high", "upperLimit"))


def approximate(value: Any) -> float:
    """A number as searches compare it; what no float reaches is infinite."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def number(value: Any, names: Names, out: IndexValues) -> None:
    _range(names, out, "", "", *(approximate(value),) * 2)


def uri(value: str, names: Names, out: IndexValues) -> None:
    for name in names:
        out.uris.append((name, value))


def canonical(value: str, names: Names, out: IndexValues) -> None:
    """A canonical as a reference parameter sees it: the URL without its version."""
    url = value.split("|", 1)[0]
    for name in names:
        out.references.append((name, url))


def reference(target: str) -> Collector:
    """References to any type, or to one; a version is cut off, contained resources (`#x`) are left out."""
    prefix, inside = f"{target}/", f"/{target}/"

    def collect(value: dict[str, Any], names: Names, out: IndexValues) -> None:
        text = value.get("reference")
        if text and text[0] != "#":
            text = text.split("/_history/", 1)[0]
            if not target or text.startswith(prefix) or inside in text or value.get("type") == target:
                for name in names:
                    out.references.append((name, text))
        if "identifier" in value:
            identifier(value["identifier"], tuple(f"{name}:identifier" for name in names), out)

    return collect


def embedded(value: dict[str, Any], names: Names, out: IndexValues) -> None:
    """The first resource of a document or message, referred to as if it stood alone."""
    if "id" in value:
        for name in names:
            if value["resourceType"] == _EMBEDDED.get(name):
                out.references.append((name, f"{value['resourceType']}/{value['id']}"))


_EMBEDDED = {"composition": "Composition", "message": "MessageHeader"}


def _opened(number: float, comparator: str) -> tuple[float, float]:
    if not comparator:
        return number, number
    return (-inf, number) if comparator[0] == "<" else (number, inf)


def _range(names: Names, out: IndexValues, system: str, unit: str, low: float, high: float) -> None:
    for name in names:
        out.quantities.append((name, system, unit, low, high))


COLLECTORS: Final[dict[str, dict[str, Collector]]] = {
    "token": {
        "CodeableConcept": concept, "Coding": coding, "Identifier": identifier, "ContactPoint": contact_point,
        "boolean": plain, "string": plain, "uri": plain, "id": plain, "canonical": plain, "url": plain,
    },
    "string": {
        "string": string, "markdown": string, "HumanName": human_name, "Address": address, "CodeableConcept": concept_text,
    },
    "date": {"date": date, "dateTime": date, "instant": date, "Period": period, "Timing": timing},
    "quantity": {
        "Quantity": quantity, "Age": quantity, "Duration": quantity, "Count": quantity, "Distance": quantity,
        "Money": money, "Range": quantity_range, "SampledData": sampled,
    },
    "number": {"decimal": number, "integer": number, "positiveInt": number, "unsignedInt": number, "Range": quantity_range},
    "uri": {"uri": uri, "url": uri, "canonical": uri, "oid": uri, "uuid": uri},
    "reference": {"canonical": canonical, "uri": canonical, "Resource": embedded},
}  # fmt: skip
"""Kind of search parameter, then FHIR type, to its collector; `code` and `Reference` are made for each element."""
