"""A reader of plain mappings, to try the rule format on: rows of a table, parsed JSON."""

from typing import Any


class FieldReader:
    """Records that are mappings: rows of a table, parsed JSON.

    `XM` is a key; `patient.name` goes down; `items[].code` visits every entry of a list. Missing keys read
    as "".
    A path is text between dots, so keys with dots, spaces or Chinese characters are written in quotes:
    `'a.b'`.
    """

    def preamble(self) -> list[str]:
        return []

    def names(self) -> dict[str, Any]:
        return {"_walk": walk}

    def first(self, path: str, *, plain: bool) -> str:
        steps = split(path)
        if len(steps) == 1 and not steps[0].endswith("[]"):
            return f"record.get({steps[0]!r}, '')"
        return f"next(iter(_walk(record, {tuple(steps)!r})), '')"

    def each(self, path: str, *, plain: bool) -> str:
        return f"_walk(record, {tuple(split(path))!r})"


def split(path: str) -> list[str]:
    """`a.'b.c'.d[]` to its steps; a step that ends in `[]` visits every entry."""
    steps, step, quoted = [], "", False
    for character in path:
        if character == "'":
            quoted = not quoted
        elif character == "." and not quoted:
            steps.append(step)
            step = ""
        else:
            step += character
    return [*steps, step]


def walk(record: Any, steps: tuple[str, ...]) -> list[Any]:
    """All values at the end of the steps; a list at the last step counts as its entries."""
    found = [record]
    for step in steps:
        key = step.removesuffix("[]")
        reached = [entry.get(key) for entry in found if isinstance(entry, dict)]
        found = []
        for value in reached:
            if isinstance(value, list):
                found.extend(value)
            elif value not in (None, ""):
                found.append(value)
    return found
