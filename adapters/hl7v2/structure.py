"""Structural checks against the declared version: order and presence of segments, fields, simple types.

Greedy and loss-free: a segment that fits nowhere is reported and read all the same. Findings are warnings; for a
source that asks for strict conformance they are errors, and refuse the message.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

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


@dataclass(slots=True)
class Grouped:
    """The group tree: `(name, children)` with segments as `(name, index)`, and the segments that fit nowhere."""

    tree: tuple[str, list[object]]
    unplaced: list[int] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def issues(message: Message, *, strict: bool = False) -> list[Issue]:
    """What is wrong with a message's structure; at most 25 findings, the last one then says how many more."""
    header = message.header
    version = grammar.known_version(message.value(header, 12))
    kind = (message.value(header, 9), message.value(header, 9, 2), message.value(header, 9, 3))
    severity = "error" if strict else "warning"
    found = list(_placing(version, kind, tuple(segment.name for segment in message.segments), severity))
    for segment in message.segments[1:]:
        found.extend(_fields(message, segment, version, severity))
    if len(found) > MAXIMUM:
        text = f"{len(found) - MAXIMUM} more findings"
        more = Issue("informational", text, severity="information", reason="more")
        found = [*found[:MAXIMUM], more]
    return found


def group(names: Sequence[str], node: Node) -> Grouped:
    """Put segments, given by their names, into the groups of a structure; Z-segments stand outside."""
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
    node: Node,
    placed: list[int],
    names: Sequence[str],
    position: int,
    children: list[object],
    missing: list[str],
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


@lru_cache(maxsize=4096)
def _placing(
    version: str, kind: tuple[str, str, str], names: tuple[str, ...], severity: str
) -> tuple[Issue, ...]:
    """Findings about the order of segments; feeds repeat few orders, so each is worked out once."""
    node = grammar.structure(version, *kind)
    if node is None:
        text = f"Version {version} has no structure for this message type; segments were read one by one"
        return (Issue("not-supported", text, "MSH-9", severity="information", reason="unknown-structure"),)
    grouped = group(names, node)
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
    text = "The segment has no place here in the declared structure; it was read all the same"
    found += [
        Issue("structure", text, names[index], severity, "unplaced-segment")
        for index in grouped.unplaced
        if not names[index].startswith("Z")
    ]
    return tuple(found)


def _fields(message: Message, segment: Segment, version: str, severity: str) -> list[Issue]:
    rules = grammar.fields(version, segment.name)
    if rules is None:
        return []
    values, count = segment.fields, len(segment.fields)
    encoding = message.encoding
    found: list[Issue] = []
    for position in grammar.required(version, segment.name):
        if (position >= count or not values[position]) and position not in segment.nulls:
            found.append(
                _finding(
                    segment,
                    position,
                    "required",
                    "The field is required and empty",
                    severity,
                    "missing-field",
                )
            )
    for value, rule in zip(values, rules, strict=False):
        if not value:
            continue
        if not rule.repeats and encoding.repetition in value and rule.datatype not in ("FT", "TX", "ST"):
            text = "The field may not repeat"
            found.append(_finding(segment, rule.position, "structure", text, severity, "repeated-field"))
        shape = _SHAPES.get(rule.datatype)
        if shape is not None and not shape.match(encoding.first(value)):
            text = f"The value is not of type {rule.datatype}"
            found.append(_finding(segment, rule.position, "value", text, severity, "wrong-type"))
    return found


def _finding(segment: Segment, position: int, code: str, text: str, severity: str, reason: str) -> Issue:
    return Issue(code, text, f"{segment.name}-{position}", severity, reason)
