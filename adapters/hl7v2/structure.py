"""Structural checks against the declared version: order and presence of segments, fields, simple types.

Greedy and loss-free: a segment that fits nowhere is reported and read all the same. Findings are warnings; for a
source that asks for strict conformance they are errors, and refuse the message.
"""

import re
from dataclasses import dataclass, field

from adapters.hl7v2 import grammar
from adapters.hl7v2.grammar import Node
from adapters.hl7v2.message import Message, Segment
from fhir_profiles.outcome import Issue

MAXIMUM = 25
_SHAPES = {
    "NM": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)$", re.ASCII),
    "SI": re.compile(r"\d{1,4}$", re.ASCII),
    "DT": re.compile(r"\d{4}(\d\d(\d\d)?)?$", re.ASCII),
    "TM": re.compile(r"\d\d(\d\d(\d\d(\.\d{1,4})?)?)?([+-]\d{4})?$", re.ASCII),
    "TS": re.compile(r"\d{4}(\d\d(\d\d(\d\d(\d\d(\d\d(\.\d{1,4})?)?)?)?)?)?([+-]\d{4})?$", re.ASCII),
}
_SHAPES["DTM"] = _SHAPES["TS"]
_SKIPPED = frozenset(("MSH",))


@dataclass(slots=True)
class Grouped:
    """The group tree: `(name, children)` with segments as `(name, index)`, and the segments that fit nowhere."""

    tree: tuple[str, list[object]]
    unplaced: list[int] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def issues(message: Message, *, strict: bool = False) -> list[Issue]:
    """What is wrong with a message's structure; at most 25 findings, the last one then says how many more."""
    version = grammar.known_version(message.value(message.header, 12))
    code, event, named = (message.value(message.header, 9, part) for part in (1, 2, 3))
    node = grammar.structure(version, code, event, named)
    severity = "error" if strict else "warning"
    found: list[Issue] = []
    if node is None:
        text = f"Version {version} has no structure for this message type; segments were read one by one"
        found.append(
            Issue("not-supported", text, "MSH-9", severity="information", reason="unknown-structure")
        )
    else:
        found.extend(_placing(message, group(message, node), severity))
    for segment in message.segments:
        found.extend(_fields(message, segment, version, severity))
    if len(found) > MAXIMUM:
        more = Issue(
            "informational", f"{len(found) - MAXIMUM} more findings", severity="information", reason="more"
        )
        found = [*found[:MAXIMUM], more]
    return found


def group(message: Message, node: Node) -> Grouped:
    """Put the segments into the groups of a structure, in order; Z-segments stand outside."""
    names = [segment.name for segment in message.segments]
    placed = [index for index, name in enumerate(names) if name in node.names]
    result = Grouped((node.name, []))
    result.unplaced = [index for index, name in enumerate(names) if name not in node.names]
    position = 0
    while position < len(placed):
        missing = result.missing if position == 0 else []
        position = _fill(node, placed, names, position, result.tree[1], missing)
        if position < len(placed):
            result.unplaced.append(placed[position])
            position += 1
    return result


def _fill(
    node: Node, placed: list[int], names: list[str], position: int, children: list[object], missing: list[str]
) -> int:
    for child in node.children:
        count = 0
        while (
            position < len(placed) and names[placed[position]] in child.names and (child.repeats or not count)
        ):
            if child.children:
                inner: list[object] = []
                after = _fill(child, placed, names, position, inner, missing)
                if after == position:
                    break
                children.append((child.name, inner))
                position = after
            else:
                children.append((child.name, placed[position]))
                position += 1
            count += 1
        if node.choice and count:
            return position
        if not count and child.required and not node.choice:
            missing.append(child.name)
    return position


def _placing(message: Message, grouped: Grouped, severity: str) -> list[Issue]:
    found = [
        Issue(
            "required",
            f"The structure wants {name} here",
            name if len(name) == 3 else "",
            severity,
            "missing-segment",
        )
        for name in grouped.missing
    ]
    for index in grouped.unplaced:
        name = message.segments[index].name
        if not name.startswith("Z"):
            text = "The segment has no place here in the declared structure; it was read all the same"
            found.append(Issue("structure", text, f"{name}", severity, "unplaced-segment"))
    return found


def _fields(message: Message, segment: Segment, version: str, severity: str) -> list[Issue]:
    rules = grammar.fields(version, segment.name)
    if rules is None or segment.name in _SKIPPED:
        return []
    values, count = segment.fields, len(segment.fields)
    encoding = message.encoding
    found: list[Issue] = []
    for rule in rules:
        position = rule.position
        value = values[position] if position < count else ""
        if not value:
            if rule.required and position not in segment.nulls:
                place = f"{segment.name}-{position}"
                found.append(
                    Issue("required", "The field is required and empty", place, severity, "missing-field")
                )
            continue
        if not rule.repeats and encoding.repetition in value and rule.datatype not in ("FT", "TX", "ST"):
            place = f"{segment.name}-{position}"
            found.append(Issue("structure", "The field may not repeat", place, severity, "repeated-field"))
        shape = _SHAPES.get(rule.datatype)
        if shape is not None and not shape.match(encoding.first(value)):
            place = f"{segment.name}-{position}"
            text = f"The value is not of type {rule.datatype}"
            found.append(Issue("value", text, place, severity, "wrong-type"))
    return found
