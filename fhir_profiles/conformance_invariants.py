"""Invariants that compare values, for lists, questionnaires, parameters and the resources that describe systems.

https://hl7.org/fhir/R4/conformance-rules.html#constraints; the clinical ones are in `clinical_invariants`.
"""

from typing import Final

from fhir_profiles.invariant import Invariant, Object, distinct, has


def _parameter(value: Object) -> bool:
    content = has(value, "value") + ("resource" in value)
    return content == 0 if "part" in value else content == 1


def _every_linkid_once(value: Object) -> bool:
    pending, seen = list(value.get("item", ())), []
    while pending:
        item = pending.pop()
        seen.append(item.get("linkId"))
        pending.extend(item.get("item", ()))
    return distinct(seen)


def _question_group(value: Object) -> bool:
    kind = value.get("type")
    return not (kind == "group" and "item" not in value) and not (kind == "display" and "item" in value)


def _display_is_bare(value: Object) -> bool:
    return value.get("type") != "display" or not ({"code", "required", "repeats", "readOnly"} & value.keys())


_WITH_ANSWERS = (
    "choice",
    "open-choice",
    "decimal",
    "integer",
    "date",
    "dateTime",
    "time",
    "string",
    "quantity",
)


def _enabling(value: Object) -> bool:
    return len(value.get("enableWhen", ())) < 2 or "enableBehavior" in value


def _initial(value: Object) -> bool:
    return value.get("type") not in ("group", "display") or "initial" not in value


def _answers_allowed(value: Object) -> bool:
    return value.get("type") in _WITH_ANSWERS or not ({"answerValueSet", "answerOption"} & value.keys())


def _every_code_once(value: Object) -> bool:
    pending, seen = list(value.get("concept", ())), []
    while pending:
        concept = pending.pop()
        seen.append(concept.get("code"))
        pending.extend(concept.get("concept", ()))
    return distinct(seen)


def _capability_kind(value: Object) -> bool:
    """cpb-14 to cpb-16: what an instance, a capability and a requirement describe."""
    described = ("implementation" in value, "software" in value)
    kind = value.get("kind")
    if kind == "instance":
        return described[0]
    return described == (False, True) if kind == "capability" else described == (False, False)


CONFORMANCE: Final[dict[str, list[Invariant]]] = {
    "Parameters.parameter": [
        Invariant("inv-1", _parameter, "A parameter has one value, one resource, or parts")
    ],
    "Questionnaire": [Invariant("que-2", _every_linkid_once, "Every linkId occurs once", "item")],
    "Questionnaire.item": [
        Invariant("que-1", _question_group, "A group has items, a display has none"),
        Invariant(
            "que-3", _display_is_bare, "A display has no code and is neither required, repeated nor read-only"
        ),
        Invariant("que-8", _initial, "Groups and displays have no initial value", "initial"),
        Invariant("que-12", _enabling, "Several conditions say how they are joined", "enableBehavior"),
        Invariant("que-5", _answers_allowed, "Only questions with a choice of answers list answers"),
    ],
    "CodeSystem": [Invariant("csd-1", _every_code_once, "Every code occurs once", "concept")],
    "CapabilityStatement": [
        Invariant("cpb-14", _capability_kind, "What is described fits the kind of statement", "kind")
    ],
    "CapabilityStatement.rest": [
        Invariant(
            "cpb-9",
            lambda v: distinct(r.get("type") for r in v.get("resource", ())),
            "Every type occurs once",
            "resource",
        ),
    ],
    "CapabilityStatement.rest.resource": [
        Invariant(
            "cpb-12",
            lambda v: distinct(p.get("name") for p in v.get("searchParam", ())),
            "Every name occurs once",
            "searchParam",
        ),
    ],
    "Group": [
        Invariant(
            "grp-1",
            lambda v: "member" not in v or v.get("actual") is True,
            "Only an actual group has members",
            "member",
        )
    ],
    "Linkage": [
        Invariant("lnk-1", lambda v: len(v.get("item", ())) > 1, "A linkage joins at least two items", "item")
    ],
    "List": [
        Invariant(
            "lst-2",
            lambda v: v.get("mode") == "changes" or not any("deleted" in e for e in v.get("entry", ())),
            "Only a list of changes has deleted entries",
            "entry",
        ),
        Invariant(
            "lst-3",
            lambda v: v.get("mode") == "working" or not any("date" in e for e in v.get("entry", ())),
            "Only a working list has dated entries",
            "entry",
        ),
    ],
    "MeasureReport": [
        Invariant(
            "mrp-1",
            lambda v: v.get("type") != "data-collection" or "group" not in v,
            "A data collection has no groups",
            "group",
        )
    ],
    "MolecularSequence": [
        Invariant(
            "msq-3",
            lambda v: v.get("coordinateSystem") in (0, 1),
            "Coordinates start at 0 or 1",
            "coordinateSystem",
        )
    ],
    "ValueSet.expansion.contains": [
        Invariant(
            "vsd-9",
            lambda v: "code" in v or v.get("abstract") is True,
            "What has no code is abstract",
            "code",
        )
    ],
}
