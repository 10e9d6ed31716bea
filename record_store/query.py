"""A search as the caller wrote it, parsed and checked against the search parameters of its type.

https://hl7.org/fhir/R4/search.html. Nothing here touches the database. Unknown parameters and modifiers are
Invalid unless the caller asked for lenient handling; then they are listed in `Query.ignored`. What could hurt
others is TooCostly: deep chains, many includes, endless lists.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from fhir_profiles import search_parameters
from fhir_profiles.outcome import Failure, Invalid, NotFound, TooCostly
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.search_parameters import Parameter
from record_store import search_clauses
from record_store.search_clauses import AnyOf, Clause, Criterion

DEFAULT_COUNT: Final = 50
LARGEST_COUNT: Final = 1000
DEEPEST_CHAIN: Final = 4
MOST_CRITERIA: Final = 64
MOST_INCLUDES: Final = 32

ACCEPTED: Final = frozenset({"_format", "_pretty", "_page", "_totalMethod"})
"""Parameters about the answer's form; they say nothing about what is found."""


COMPARTMENT: Final = "_compartment"
"""Parameter of our own, as the address of a compartment search is told: `Patient/id`."""


@dataclass(frozen=True, slots=True)
class Include:
    """`_include` (or, `reverse`, `_revinclude`) of `source:parameter:target`; `*` for any parameter."""

    source: str
    parameter: str
    target: str | None
    iterate: bool
    reverse: bool


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of `_sort`."""

    parameter: Parameter
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A checked search. `types` has one entry, or those of `_type` on the whole system (empty: all).

    `patients` are the logical ids of the Patients that the search is limited to, for the decision above.
    `summary` is empty or true, text, data, count; `pairs` are the parameters that count, as written.
    """

    types: tuple[str, ...]
    criteria: tuple[Criterion, ...] = ()
    includes: tuple[Include, ...] = ()
    sort: tuple[SortKey, ...] = ()
    count: int = DEFAULT_COUNT
    total: bool = False
    summary: str = ""
    elements: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()


def parse(
    type_: str | None, pairs: Iterable[tuple[str, str]], *, lenient: bool = False, base: str = ""
) -> Query:
    """Parse the parameters of a search on a type, or on the whole system (None).

    `base` is the service base URL: references under it are ours. Raises Invalid (with the parameter's name as
    expression), NotFound for an unknown type, TooCostly.
    """
    if type_ is not None and type_ not in NUMBER:
        raise NotFound(f"'{type_[:64]}' is no resource type of FHIR R4", reason="unknown-type")
    query = Query(types=() if type_ is None else (type_,))
    pairs = [(name, value) for name, value in pairs if value != ""]
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise Invalid("A search has no NUL characters")
    query = _types_first(query, type_, pairs)
    for name, value in pairs:
        if name in ACCEPTED or (name == "_type" and type_ is None):
            continue
        try:
            query = _taken(query, name, value, base)
        except (Invalid, TooCostly) as failure:
            if not (lenient and isinstance(failure, search_clauses.Unknown)):
                raise _named(failure, name) from failure
            query = replace(query, ignored=(*query.ignored, name))
            continue
        query = replace(query, pairs=(*query.pairs, (name, value)))
    if len(query.criteria) > MOST_CRITERIA or len(query.includes) > MOST_INCLUDES:
        raise TooCostly("Too many parameters in one search; split it", reason="many-parameters")
    return replace(query, patients=query.patients or _patients(query))


def _named(failure: Failure, name: str) -> Failure:
    kind = type(failure)
    return kind(
        issues=[replace(issue, expression=name, text=f"{name}: {issue.text}") for issue in failure.issues]
    )


def _types_first(query: Query, type_: str | None, pairs: list[tuple[str, str]]) -> Query:
    if type_ is not None:
        return query
    wanted = [name for key, value in pairs if key == "_type" for name in value.split(",")]
    for name in wanted:
        if name not in NUMBER:
            raise Invalid(f"_type: '{name[:64]}' is no resource type of FHIR R4", expression="_type")
    kept = tuple(("_type", value) for key, value in pairs if key == "_type")
    return replace(query, types=tuple(dict.fromkeys(wanted)), pairs=kept)


def _taken(query: Query, name: str, value: str, base: str) -> Query:
    plain, _, modifier = name.partition(":")
    if plain in ("_include", "_revinclude"):
        include = _include(value, modifier, reverse=plain == "_revinclude")
        return replace(query, includes=(*query.includes, include))
    result = _RESULT.get(plain)
    if result is not None:
        return result(query, value)
    if name == COMPARTMENT:
        kind, _, fhir_id = value.partition("/")
        criterion = search_clauses.in_compartment(query.types, kind, fhir_id)
        patients = (fhir_id,) if kind == "Patient" else query.patients
        return replace(query, criteria=(*query.criteria, criterion), patients=patients)
    criterion = search_clauses.criterion(query.types, name, value, base, depth=DEEPEST_CHAIN)
    return replace(query, criteria=(*query.criteria, criterion))


def _sorted(query: Query, value: str) -> Query:
    return replace(query, sort=(*query.sort, *_sort(query.types, value)))


def _counted(query: Query, value: str) -> Query:
    if not value.isascii() or not value.isdigit():
        raise Invalid("a page's size is a whole number")
    return replace(query, count=min(int(value[:9]), LARGEST_COUNT))


def _totalled(query: Query, value: str) -> Query:
    _one_of(value, ("none", "estimate", "accurate"))
    return replace(query, total=value != "none")


def _summarised(query: Query, value: str) -> Query:
    _one_of(value, ("true", "false", "text", "data", "count"))
    if value == "count":
        return replace(query, count=0, summary="count")
    return replace(query, summary="" if value == "false" else value)


def _with_elements(query: Query, value: str) -> Query:
    names = tuple(part.strip() for part in value.split(",") if part.strip())
    return replace(query, elements=(*query.elements, *names))


_RESULT: Final[dict[str, Callable[[Query, str], Query]]] = {
    "_sort": _sorted,
    "_count": _counted,
    "_total": _totalled,
    "_summary": _summarised,
    "_elements": _with_elements,
}


def _one_of(value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise Invalid(f"expected one of {', '.join(allowed)}")


def _include(value: str, modifier: str, *, reverse: bool) -> Include:
    if modifier not in ("", "iterate", "recurse"):
        raise search_clauses.Unknown(f"the modifier :{modifier} is not known here; :iterate is")
    source, _, rest = value.partition(":")
    parameter, _, target = rest.partition(":")
    if source == "*" and not parameter:
        parameter = "*"
    if source != "*" and source not in NUMBER:
        raise Invalid(f"'{source[:64]}' is no resource type; write Type:parameter")
    if not parameter:
        raise Invalid("write Type:parameter, or Type:* for every reference")
    if source != "*" and parameter != "*":
        found = search_parameters.find(source, parameter)
        if found is None or found.kind != "reference":
            raise Invalid(f"{source} has no reference parameter '{parameter[:64]}'")
    if target and target not in NUMBER:
        raise Invalid(f"'{target[:64]}' is no resource type")
    return Include(source, parameter, target or None, bool(modifier), reverse)


def _sort(types: tuple[str, ...], value: str) -> Iterator[SortKey]:
    for written in value.split(","):
        descending = written.startswith("-")
        name = written.lstrip("-").strip()
        parameter = search_clauses.parameter_of(types, name)
        if parameter.kind not in ("date", "string", "token", "number", "quantity", "uri", "reference"):
            raise Invalid(f"results cannot be sorted by '{name}'")
        yield SortKey(parameter, descending)


def _patients(query: Query) -> tuple[str, ...]:
    """All Patients that some criterion limits the whole search to; empty when none does."""
    for criterion in query.criteria:
        if isinstance(criterion, AnyOf):
            continue
        if isinstance(criterion, Clause) and not criterion.modifier:
            named = criterion.patients(query.types)
            if named:
                return named
    return ()
