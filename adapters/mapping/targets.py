"""The target column of a rule: a FHIR path, and the Python lines that put a value there."""

import re
from dataclasses import dataclass

from adapters.mapping.rules import RuleError

_STEP = re.compile(
    r"^(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:\((?P<url>[^)]*)\))?(?P<list>\[(?P<label>[A-Za-z0-9_]*)\])?$"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One element name; `label` is None for a single element, "" for a new entry, else the shared entry's
    name.
    """

    name: str
    label: str | None = None
    url: str = ""


def parse(target: str) -> list[Step]:
    """`contact[kin].telecom[]` to steps; raises `RuleError` on anything else than the documented form."""
    return [_step(piece, target) for piece in _pieces(target)]


def repeats(steps: list[Step]) -> bool:
    """Whether every repetition of the source makes an entry of its own."""
    return any(step.label == "" or step.url for step in steps)


def assignment(steps: list[Step], labels: dict[str, str], *, first_wins: bool) -> list[str]:
    """Lines that put `value` below `resource`. `labels` names the variables of shared entries, and grows."""
    lines: list[str] = []
    holder, path = "resource", ""
    for depth, step in enumerate(steps[:-1]):
        path += f".{step.name}[{step.label}]" if step.label is not None else f".{step.name}"
        path += step.url
        if step.label:
            variable = labels.setdefault(path, f"entry_{len(labels)}")
            lines.append(f"if {variable} is None:")
            lines.append(f"    {variable} = {{}}")
            lines.append(f"    {holder}.setdefault({step.name!r}, []).append({variable})")
            holder = variable
        elif step.label == "" or step.url:
            opening = f"{{'url': {step.url!r}}}" if step.url else "{}"
            lines.append(f"new_{depth} = {opening}")
            lines.append(f"{holder}.setdefault({step.name!r}, []).append(new_{depth})")
            holder = f"new_{depth}"
        else:
            holder = f"{holder}.setdefault({step.name!r}, {{}})"
    last = steps[-1]
    if last.label == "":
        lines.append(f"held = {holder}.setdefault({last.name!r}, [])")
        lines.append("for one in value if isinstance(value, list) else (value,):")
        lines.append("    if one not in held: held.append(one)")
    elif first_wins:
        lines.append(f"{holder}.setdefault({last.name!r}, value)")
    else:
        lines.append(f"{holder}[{last.name!r}] = value")
    return lines


def _pieces(target: str) -> list[str]:
    pieces, piece, depth = [], "", 0
    for character in target:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "." and depth == 0:
            pieces.append(piece)
            piece = ""
        else:
            piece += character
    return [*pieces, piece]


def _step(piece: str, target: str) -> Step:
    match = _STEP.match(piece)
    if match is None:
        raise RuleError(f"target {target!r}: {piece!r} is not an element")
    label = match["label"] if match["list"] else None
    return Step(match["name"], label, match["url"] or "")
