"""Structural checks from hl7apy's tables: the same groups as its own parser makes, and no segment lost."""

import pytest
from hl7apy.core import Group
from hl7apy.parser import parse_message

from adapters.hl7v2 import grammar, structure
from adapters.hl7v2.message import Message, read

ADT = [
    "MSH|^~\\&|HIS|H1|HIE|QD|20260401||ADT^A01^ADT_A01|1|P|2.5.1",
    "EVN||20260401",
    "PID|1||1^^^H1^PI||Test^A",
    "NK1|1",
    "PV1|1|I",
    "AL1|1||X",
    "DG1|1||I10||2026|W",
    "DG1|2||I11||2026|W",
    "PR1|1||88.56||20260401",
    "IN1|1|P|C",
]
ORU = [
    "MSH|^~\\&|LIS|H1|HIE|QD|20260401||ORU^R01^ORU_R01|1|P|2.5.1",
    "PID|1||1^^^H1^PI||Test^A",
    "PV1|1|I",
    "ORC|RE",
    "OBR|1|||A",
    "NTE|1||x",
    "OBX|1|ST|A||1||||||F",
    "NTE|1||y",
    "OBX|2|ST|B||1||||||F",
    "SPM|1|||BLD",
    "OBR|2|||B",
    "OBX|1|ST|C||1||||||F",
]
ORM = [
    "MSH|^~\\&|HIS|H1|HIE|QD|20260401||ORM^O01^ORM_O01|1|P|2.4",
    "PID|1||1^^^H1^PI||Test^A",
    "ORC|NW|1",
    "OBR|1|1||A^x",
    "NTE|1||x",
    "ORC|NW|2",
    "RXO|A^x|1||mg",
    "NTE|1||y",
]


def message_of(lines: list[str]) -> Message:
    (message,) = read("\r".join(lines))
    return message


def grouped(lines: list[str]) -> structure.Grouped:
    message = message_of(lines)
    header = message.header
    version = grammar.known_version(message.value(header, 12))
    node = grammar.structure(
        version, message.value(header, 9), message.value(header, 9, 2), message.value(header, 9, 3)
    )
    assert node is not None
    return structure.group([segment.name for segment in message.segments], node)


def named(tree: object) -> object:
    """Our tree with names alone."""
    name, inner = tree  # type: ignore[misc]
    return (name, [named(child) for child in inner]) if isinstance(inner, list) else name


def theirs(element: object) -> object:
    """hl7apy's tree with names alone."""
    children = [theirs(child) for child in element.children]  # type: ignore[attr-defined]
    return (element.name, children) if isinstance(element, Group) else element.name  # type: ignore[attr-defined]


@pytest.mark.parametrize("lines", [ADT, ORU], ids=["ADT_A01", "ORU_R01"])
def test_the_groups_are_those_of_hl7apys_own_parser(lines: list[str]) -> None:
    oracle = parse_message("\r".join(lines) + "\r", find_groups=True)
    _, ours = named(grouped(lines).tree)  # type: ignore[misc]
    assert ours == [theirs(child) for child in oracle.children]


def test_a_choice_of_segments_takes_whichever_comes() -> None:
    assert grouped(ORM).unplaced == []
    assert grouped(ORM).missing == []


@pytest.mark.parametrize("lines", [ADT, ORU, ORM])
def test_no_segment_is_lost_in_any_order(lines: list[str]) -> None:
    for turn in range(1, len(lines)):
        found = grouped([lines[0], *lines[turn:], *lines[1:turn]])
        placed: list[int] = []

        def collect(tree: object, into: list[int] = placed) -> None:
            _, inner = tree  # type: ignore[misc]
            if isinstance(inner, list):
                for child in inner:
                    collect(child)
            else:
                into.append(inner)

        collect(found.tree)
        assert sorted([*placed, *found.unplaced]) == list(range(len(lines)))


def test_findings_name_places_and_not_values() -> None:
    lines = [ADT[0], "PID|1||||Test^A||notadate|M~F", "PV1|1|I", "OBR|1"]
    found = {(issue.reason, issue.expression) for issue in structure.issues(message_of(lines))}
    assert found >= {
        ("missing-segment", "EVN"),
        ("unplaced-segment", "OBR"),
        ("missing-field", "PID-3"),
        ("wrong-type", "PID-7"),
        ("repeated-field", "PID-8"),
    }


def test_a_conforming_message_has_no_findings() -> None:
    assert structure.issues(message_of(ORU)) == []


def test_an_unknown_structure_is_said_once() -> None:
    (issue,) = structure.issues(message_of(["MSH|^~\\&|A|B|C|D|20260401||ZMG^Z30|1|P|2.4", "PID|||1||A^B"]))
    assert (issue.reason, issue.severity) == ("unknown-structure", "information")


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("2.4", "2.4"),
        ("2.5.1", "2.5.1"),
        ("2.9", "2.8.2"),
        ("2.3.9", "2.3.1"),
        ("", "2.5.1"),
        ("²", "2.5.1"),
        ("3", "2.5.1"),
    ],
)
def test_an_unknown_version_is_checked_by_the_nearest_known_one(written: str, known: str) -> None:
    assert grammar.known_version(written) == known


def test_the_number_of_findings_is_bounded() -> None:
    lines = [ADT[0], *ADT[1:5], *(f"OBX|{n}|NM|||x" for n in range(99))]
    assert len(structure.issues(message_of(lines))) == structure.MAXIMUM + 1
