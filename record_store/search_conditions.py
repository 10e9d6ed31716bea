"""Criteria as SQL conditions on one alias of `resource`.

`condition` is the whole of it; other tables join in by EXISTS, so a row matches once however many values match. Two
things can't be asked of the index: `:exact` and a missing reference. They are narrowed here and checked again on
the text by `search_rechecks`.
"""

from collections.abc import Callable
from functools import cache
from typing import Final
from uuid import UUID

from fhir_profiles import ids
from fhir_profiles.extraction import primary_parameters
from fhir_profiles.outcome import NotSupported
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.search_parameters import Parameter
from fhir_profiles.search_paths import paths
from fhir_profiles.text import contact
from record_store import search_references, search_sides
from record_store.logical_ids import is_logical_id, is_ours, uuid_of
from record_store.search_clauses import AllOf, AnyOf, Chain, Clause, Criterion, Has, Together
from record_store.search_scope import Scope, any_of
from record_store.search_values import Target, Token
from record_store.search_words import word_of

RECHECKED = frozenset(
    {("string", "exact"), ("string", "contains"), ("reference", "missing"), ("token", "text")}
)
ANY_TYPE = "Basic"
"""Stands for every type in searches over the whole system: their parameters are those that all types have."""


def condition(scope: Scope, alias: str, type_: str, criterion: Criterion, *, nested: bool = False) -> str:
    """The condition of one criterion for rows of a type, in brackets where it needs them."""
    match criterion:
        case Clause():
            if nested and needs_recheck(criterion) and criterion.modifier != "contains":
                raise NotSupported(
                    f"{criterion.parameter.name}:{criterion.modifier} works on the searched type alone, not in chains",
                    reason="modifier-in-chain",
                )
            return _clause(scope, alias, type_, criterion)
        case Together(parameter=parameter, narrowing=inner):
            if nested:
                raise NotSupported(
                    f"{parameter.name} works on the searched type alone, not in chains",
                    reason="composite-in-chain",
                )
            return condition(scope, alias, type_, inner)
        case AnyOf(criteria=criteria):
            return any_of(condition(scope, alias, type_, one, nested=nested) for one in criteria)
        case AllOf(criteria=criteria):
            return (
                "("
                + " and ".join(condition(scope, alias, type_, one, nested=nested) for one in criteria)
                + ")"
            )
        case Chain(parameter=parameter, branches=branches):
            return any_of(_chain(scope, alias, parameter, target, inner) for target, inner in branches)
        case Has(source=source, parameter=parameter, criterion=inner):
            return _has(scope, alias, type_, source, parameter, inner)


def needs_recheck(clause: Clause) -> bool:
    """Whether the index only narrows a clause."""
    return (clause.parameter.kind, clause.modifier) in RECHECKED


def _clause(scope: Scope, alias: str, type_: str, clause: Clause) -> str:
    return _KINDS[clause.parameter.kind](scope, alias, type_, clause)


def _references(scope: Scope, alias: str, type_: str, clause: Clause) -> str:
    if clause.modifier == "missing":
        return "true"
    if clause.modifier == "identifier":
        values = [
            value.identifier for value in clause.values if isinstance(value, Target) and value.identifier
        ]
        return _identifiers(scope, alias, word_of(clause), values, contacts=False)
    return search_references.references(scope, alias, clause)


def _ids(scope: Scope, alias: str, type_: str, clause: Clause) -> str:
    if clause.modifier == "missing":
        return "true" if clause.values[0] == "false" else "false"
    wanted: set[UUID] = set()
    for value in clause.values:
        if isinstance(value, Token) and value.code and is_logical_id(value.code):
            types = NUMBER if type_ == ANY_TYPE and not is_ours(value.code) else (type_,)
            wanted.update(uuid_of(one, value.code) for one in types)
    buckets = scope.bind(sorted({ids.bucket(identity) for identity in wanted}))
    identities = scope.bind([str(identity) for identity in wanted])
    return f"({alias}.bucket = any({buckets}::smallint[]) and {alias}.id = any({identities}::uuid[]))"


def _tokens(scope: Scope, alias: str, type_: str, clause: Clause) -> str:
    name = clause.parameter.name
    if clause.modifier == "text":
        return "true"
    if name == "_id":
        test = _ids(scope, alias, type_, clause)
        return f"not {test}" if clause.modifier == "not" else test
    kinds = value_kinds(type_, clause.parameter)
    in_side_table = kinds & {"Identifier", "ContactPoint"}
    among_tokens = kinds - {"Identifier", "ContactPoint"}
    primary = name == primary_parameters(type_).code
    if clause.modifier == "missing":
        tests = []
        parameter = scope.bind(name)
        if primary:
            tests.append(f"{alias}.code is not null")
        elif among_tokens:
            some = f"(select array_agg(id) from token where parameter = {parameter})"
            tests.append(f"coalesce({alias}.tokens && {some}, false)")
        if in_side_table:
            systems = f"(select id from token where parameter = {parameter})"
            tests.append(f"exists ({_side(scope, alias, f'system in {systems}')})")
        return any_of(tests) if clause.values[0] == "false" else f"not {any_of(tests)}"
    values = [value for value in clause.values if isinstance(value, Token)]
    tests = []
    if in_side_table:
        tests.append(_identifiers(scope, alias, name, values, contacts="ContactPoint" in kinds))
    if among_tokens:
        tests.append(_vocabulary(scope, alias, name, values, primary=primary))
    return f"not coalesce({any_of(tests)}, false)" if clause.modifier == "not" else any_of(tests)


def _vocabulary(scope: Scope, alias: str, name: str, values: list[Token], *, primary: bool) -> str:
    numbers = sorted({number for value in values for number in scope.words.numbers(name, value)})
    if not numbers:
        return "false"
    array = f"{scope.bind(numbers)}::int[]"
    carried = f"{alias}.tokens && {array}"
    if scope.words.is_common(name, values):
        # So written it is no search in the token index, which is slow for what most rows carry; the planner's
        # estimate stays.
        carried = f"({carried}) is true"
    if not primary:
        return carried
    equal = (
        f"{alias}.code = {scope.bind(numbers[0])}" if len(numbers) == 1 else f"{alias}.code = any({array})"
    )
    if scope.words.only_primary.issuperset(numbers):
        return equal
    return f"({equal} or {carried})"


def _identifiers(scope: Scope, alias: str, name: str, values: list[Token], *, contacts: bool) -> str:
    tests = []
    for value in values:
        wanted = []
        if value.code is not None:
            digests = {ids.link(name, value.code)} | (
                {ids.link(name, contact(value.code))} if contacts else set()
            )
            wanted.append(f"value = any({scope.bind(sorted(digests))}::bigint[])")
        if value.system is not None and not contacts:
            number = scope.words.ids.get((name, value.system, ""), (0, 0))[0]
            wanted.append(f"system = {scope.bind(number)}")
        if not wanted:
            wanted.append(f"system in (select id from token where parameter = {scope.bind(name)})")
        tests.append(f"exists ({_side(scope, alias, *wanted)})")
    return any_of(tests)


def _side(scope: Scope, alias: str, *tests: str) -> str:
    side = scope.alias()
    wanted = " and ".join(f"{side}.{test}" for test in tests)
    return f"select 1 from identifier_index {side} where {wanted} and {side}.bucket = {alias}.bucket and {side}.id = {alias}.id"


def _chain(scope: Scope, alias: str, parameter: Parameter, target: str, inner: Criterion) -> str:
    there = scope.alias()
    tables, joined = search_references.joined(scope, alias, parameter, there, target)
    return (
        f"exists (select 1 from {tables(there)} where {joined} and {there}.type = {NUMBER[target]}"
        f" and {scope.visible(there)} and {condition(scope, there, target, inner, nested=True)})"
    )


def _has(scope: Scope, alias: str, type_: str, source: str, parameter: Parameter, inner: Criterion) -> str:
    there = scope.alias()
    tables, joined = search_references.joined(scope, there, parameter, alias, type_)
    return (
        f"exists (select 1 from {tables(there)} where {joined} and {there}.type = {NUMBER[source]}"
        f" and {scope.visible(there)} and {condition(scope, there, source, inner, nested=True)})"
    )


@cache
def value_kinds(type_: str, parameter: Parameter) -> frozenset[str]:
    """The FHIR types of the values that a token parameter finds."""
    if parameter.expression.endswith("!= false"):
        return frozenset({"boolean"})
    return frozenset(path.kind for path in paths(type_, parameter.expression))


_KINDS: Final[dict[str, Callable[[Scope, str, str, Clause], str]]] = {
    "token": _tokens,
    "string": search_sides.strings,
    "date": search_sides.dates,
    "number": search_sides.quantities,
    "quantity": search_sides.quantities,
    "uri": search_sides.uris,
    "reference": _references,
}
