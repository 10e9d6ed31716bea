"""What the index can't say, asked of the resource itself: `:exact`, `:text`, missing references, composites."""

from collections.abc import Callable, Iterator
from typing import Any

from fhir_profiles.extraction import extract
from fhir_profiles.resources import Resource
from fhir_profiles.search_paths import Path, Step, paths
from fhir_profiles.text import folded
from record_store.search_clauses import AllOf, AnyOf, Clause, Criterion, Together
from record_store.search_matching import meets

Recheck = Callable[[Resource], bool]


def recheck(type_: str, clause: Clause) -> Recheck:
    """The test of one clause on a whole resource."""
    if clause.modifier == "text":
        return lambda resource: meets(extract(resource), clause)
    where = paths(type_, clause.parameter.expression)
    if clause.modifier == "missing":
        wanted = clause.values[0] == "true"
        return lambda resource: _refers(resource, where) is not wanted
    if clause.modifier == "contains":
        parts = [folded(str(value)) for value in clause.values]
        return lambda resource: any(
            part in folded(text) for path in where for text in _texts(resource, path) for part in parts
        )
    texts = {str(value) for value in clause.values}
    return lambda resource: any(text in texts for path in where for text in _texts(resource, path))


def rechecks(type_: str, criteria: tuple[Criterion, ...], needed: Callable[[Clause], bool]) -> list[Recheck]:
    """The tests that a search needs beside its SQL."""
    found = []
    for criterion in criteria:
        match criterion:
            case Clause() if needed(criterion):
                found.append(recheck(type_, criterion))
            case Together():
                found.append(_together(type_, criterion))
            case AllOf(criteria=inner):
                found.extend(rechecks(type_, inner, needed))
            case AnyOf(criteria=inner):
                pass
    return found


def _together(type_: str, criterion: Together) -> Recheck:
    """Whether in some repetition of the composite's element all parts of an alternative hold."""
    where = paths(type_, criterion.parameter.expression)
    elements = {path.steps[0].name for path in where if path.steps}

    def check(resource: Resource) -> bool:
        parts = [
            {"resourceType": type_, path.steps[0].name: [item]}
            for path in where
            if path.steps
            for item in values(resource, path)
        ]
        if any(not path.steps for path in where):
            parts.append({name: value for name, value in resource.items() if name not in elements})
        found = [extract(part) for part in parts]
        return any(
            all(meets(one, clause) for clause in clauses)
            for one in found
            for clauses in criterion.alternatives
        )

    return check


def values(resource: Resource, path: Path) -> Iterator[Any]:
    """What stands at a path, item by item."""
    found: list[Any] = [resource]
    for step in path.steps:
        found = [item for value in found for item in _followed(value, step)]
    yield from found


def _followed(value: Any, step: Step) -> list[Any]:
    below = value.get(step.name) if isinstance(value, dict) else None
    items = below if isinstance(below, list) else [] if below is None else [below]
    if step.index is not None:
        items = items[step.index : step.index + 1]
    return [item for item in items if item is not None and (step.where is None or _holds(item, *step.where))]


def _holds(item: dict[str, Any], name: str, wanted: str) -> bool:
    found = item.get(name)
    if name == "extension":
        return any(each.get("url") == wanted for each in found or ())
    return bool(found == wanted)


def _refers(resource: Resource, where: tuple[Path, ...]) -> bool:
    for path in where:
        for value in values(resource, path):
            if isinstance(value, str) or not path.target:
                return True
            text = value.get("reference", "")
            if value.get("type") == path.target or f"{path.target}/" in text:
                return True
    return False


def _texts(resource: Resource, path: Path) -> Iterator[str]:
    for value in values(resource, path):
        yield from _strings(value)


def _strings(value: Any) -> Iterator[str]:
    """The strings in a value of a string parameter: itself, or the parts of a name, an address, a concept."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name not in ("use", "type", "system", "code", "period", "extension"):
                yield from _strings(part)
