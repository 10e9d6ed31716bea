"""Random resources of right structure, drawn from the table of definitions itself."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from fhir_profiles.explanation import codes
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.structure import RESOURCE, Element, elements, value_set

DEEPEST = 3
_LEFT_OUT = ("id", "contained", "extension", "modifierExtension")

_DATES = ["2024", "2024-02", "2024-02-29", "0001-01-01", "9999-12-31"]
_TIMES = ["2024-02-29T23:59:60Z", "2024-02-29T08:30:00.123456789+08:00", "0001-01-01T00:00:00+14:00"]
_SAMPLES: dict[str, list[Any]] = {
    "base64Binary": ["aGVhbHRo", "aGVs bG8="],
    "boolean": [True, False],
    "canonical": ["http://example.org/x|1.0", "#x"],
    "code": ["final", "x y"],
    "date": _DATES,
    "dateTime": _DATES + _TIMES,
    "decimal": [Decimal("1.50"), Decimal("-1E+400"), 7, 0, Decimal("1E-400")],
    "id": ["a-1.b"],
    "instant": _TIMES,
    "integer": [-(2**31), 0, 2**31 - 1],
    "markdown": ["*x*\n"],
    "oid": ["urn:oid:1.2.3"],
    "positiveInt": [1, 2**31 - 1],
    "string": [" ", "王", "ＡＢ\t", "é" * 700],
    "time": ["08:30:00"],
    "unsignedInt": [0],
    "uri": ["http://example.org/x", "urn:x", "a|b"],
    "url": ["https://example.org/x"],
    "uuid": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
    "xhtml": ["<div>x</div>"],
}


@st.composite
def resources(draw: st.DrawFn, resource_type: str | None = None) -> dict[str, Any]:
    """A resource of a type, or of any."""
    name = resource_type or draw(st.sampled_from(list(NUMBER)))
    return {"resourceType": name, **draw(_content(name, 0))}


@st.composite
def _content(draw: st.DrawFn, kind: str, depth: int) -> dict[str, Any]:
    known = [each for each in elements(kind).values() if each.name not in _LEFT_OUT]
    wanted = {each.name for each in known if each.required and not each.choice}
    for base in sorted({each.choice for each in known if each.choice}):
        group = [each for each in known if each.choice == base]
        if group[0].required or (depth < DEEPEST and draw(st.booleans())):
            wanted.add(draw(st.sampled_from(_shallow(group, depth))).name)
    plain = [each.name for each in known if not each.choice and (each.primitive or depth < DEEPEST)]
    plain = plain or [each.name for each in known if not each.choice]
    if plain:
        wanted |= set(draw(st.lists(st.sampled_from(plain), min_size=not wanted, max_size=4)))
    elif not wanted:
        wanted.add(_shallow(known, depth)[0].name)
    found: dict[str, Any] = {}
    for element in known:
        if element.name in wanted:
            value = draw(_value(element, depth))
            found[element.name] = [value] if element.many else value
    return found


def _shallow(group: list[Element], depth: int) -> list[Element]:
    return [each for each in group if each.primitive] or group if depth >= DEEPEST - 1 else group


def _value(element: Element, depth: int) -> st.SearchStrategy[Any]:
    if element.kind == RESOURCE:
        return st.just({"resourceType": "Basic", "id": "b", "code": {"text": "x"}})
    if element.kind == "Reference":
        return st.sampled_from(element.targets or tuple(NUMBER)).map(
            lambda t: {"reference": f"{t}/a/_history/1"}
        )
    if element.kind == "Extension":
        return st.just({"url": "http://example.org/x", "valueString": "x"})
    bound = _bound(element)
    return _free(element, depth) if bound is None else bound


def _bound(element: Element) -> st.SearchStrategy[Any] | None:
    if not element.binding or element.kind not in ("code", "CodeableConcept"):
        return None
    if element.kind == "code":
        return st.sampled_from(sorted(codes(element.binding)))
    system, listed = next(iter(value_set(element.binding).items()))
    return st.sampled_from(listed).map(lambda code: {"coding": [{"system": system, "code": code}]})


def _free(element: Element, depth: int) -> st.SearchStrategy[Any]:
    return st.sampled_from(_SAMPLES[element.kind]) if element.primitive else _content(element.kind, depth + 1)
