"""Search parameter expressions as paths through JSON.

The expressions of R4 use a small part of FHIRPath: dotted paths, unions, `as`/`ofType`, `where` on a code or on
the type of a reference, `extension(url)`, `[n]`. `paths` reads them against the table of definitions, so that a
path names the very JSON properties (`valueQuantity`) and knows the type at its end. What it cannot read raises
ValueError: nothing is skipped in silence.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from fhir_profiles.structure import RESOURCE, choices, elements

_CAST = re.compile(r"\((.+) as (\w+)\)(.*)")
_STEP = re.compile(
    r"\.?(?:(?P<call>as|ofType|where|extension|resolve)\((?P<argument>(?:[^()]|\([^()]*\))*)\)"
    r"|(?P<name>\w+)|\[(?P<index>\d+)\])"
)
_EQUAL = re.compile(r"(\w+)='([^']*)'")
_RESOLVES = re.compile(r"resolve\(\) is (\w+)")
_HAS_EXTENSION = re.compile(r"hasExtension\('([^']*)'\)")

DECEASED: Final = "Patient.deceased.exists() and Patient.deceased != false"
"""The one expression that computes a value instead of finding one."""


@dataclass(frozen=True, slots=True)
class Step:
    """One property to follow: only what has the `where` (property, value), only the `index`-th, if given."""

    name: str
    where: tuple[str, str] | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """The steps from a resource to values of type `kind`; `target` keeps references to that type alone."""

    steps: tuple[Step, ...]
    kind: str
    target: str = ""


@cache
def paths(resource_type: str, expression: str) -> tuple[Path, ...]:
    """All paths of an expression for a type. ValueError when the expression is outside the subset."""
    if expression == DECEASED:
        return tuple(_follow([Path((), resource_type)], "deceased"))
    found: list[Path] = []
    for branch in re.split(r"\s\|\s", expression):
        found += _branch(resource_type, branch.strip())
    return tuple(dict.fromkeys(found))


def _branch(resource_type: str, text: str) -> list[Path]:
    cast = _CAST.fullmatch(text)
    if cast:
        inner, kind, rest = cast.groups()
        return _walk(_of_type(_branch(resource_type, inner), kind), rest)
    root, _, rest = text.partition(".")
    if root in elements(resource_type):
        rest = text
    elif root not in (resource_type, "Resource", "DomainResource"):
        raise ValueError(f"{resource_type}: {text}")
    return _walk([Path((), resource_type)], rest)


def _walk(found: list[Path], text: str) -> list[Path]:
    position = 0
    while position < len(text):
        step = _STEP.match(text, position)
        if step is None:
            raise ValueError(text)
        position = step.end()
        if step["name"]:
            found = [further for path in found for further in _follow([path], step["name"])]
        elif step["index"]:
            found = [_changed(path, index=int(step["index"])) for path in found]
        else:
            found = _call(found, step["call"], step["argument"])
    return found


def _follow(found: list[Path], name: str) -> list[Path]:
    """The next property; a choice without a cast means each of its types."""
    further = []
    for path in found:
        if path.kind == RESOURCE:
            raise ValueError(f"{name} of a resource whose type is not known")
        known = elements(path.kind)
        names = choices(path.kind)[name][0] if name in choices(path.kind) else [name]
        for each in names:
            further.append(Path((*path.steps, Step(each)), known[each].kind))
    return further


def _call(found: list[Path], call: str, argument: str) -> list[Path]:
    if call in ("as", "ofType"):
        return _of_type(found, argument)
    if call == "extension":
        return _extension(found, argument.strip("'"))
    equal, resolves, extended = (p.fullmatch(argument) for p in (_EQUAL, _RESOLVES, _HAS_EXTENSION))
    if call == "where" and equal:
        return [_changed(path, where=(equal[1], equal[2])) for path in found]
    if call == "where" and resolves:
        return [replace(path, target=resolves[1]) for path in found]
    if call == "where" and extended:
        return [_changed(path, where=("extension", extended[1])) for path in found]
    raise ValueError(f"{call}({argument})")


def _of_type(found: list[Path], kind: str) -> list[Path]:
    return [path for path in found if path.kind.lower() == kind.lower()]


def _extension(found: list[Path], url: str) -> list[Path]:
    extended = [Path((*path.steps, Step("extension", where=("url", url))), "Extension") for path in found]
    return _follow(extended, "value")


def _changed(path: Path, where: tuple[str, str] | None = None, index: int | None = None) -> Path:
    last = path.steps[-1]
    changed = replace(last, where=where or last.where, index=last.index if index is None else index)
    return replace(path, steps=(*path.steps[:-1], changed))
