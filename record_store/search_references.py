"""References as SQL: a parameter's own targets, and the joins of chains and `_has`.

A row's `links` say every reference as a digest. They are looked up by `reference_index` where the target lies
outside of residents' records (an organisation) or the row has no resident; inside one resident's record the
resident is found first and its rows are filtered. An exchange Patient stands for the whole resident wherever the
parameter says whom a resource is about.
"""

from collections.abc import Callable

from fhir_profiles import ids, search_parameters
from fhir_profiles.search_parameters import Parameter
from record_store.index_rows import OUTSIDE
from record_store.search_clauses import Clause
from record_store.search_scope import Scope, any_of, candidates

FEW_LINKS = 8


def references(scope: Scope, alias: str, clause: Clause) -> str:
    """A reference parameter against its values."""
    name = clause.parameter.name
    whole: set[int] = set()
    inside: dict[int, int] = {}
    outside: set[int] = set()
    anywhere: set[int] = set()
    for value in clause.targets:
        written = candidates(value, clause.parameter.targets)
        found = [reference for reference in written if reference in scope.places]
        for reference in written or [value.url or ""]:
            digest = ids.link(name, reference)
            place = scope.places.get(reference)
            if place and place.exchange and is_about(clause.parameter):
                whole.add(place.resident_id)
            elif place and place.resident_id:
                inside[digest] = place.resident_id
            elif is_outside(reference) or (found and not place):
                outside.add(digest)
            else:
                anywhere.add(digest)
    tests = []
    if whole:
        tests.append(f"{alias}.resident_id = any({scope.bind(sorted(whole))}::bigint[])")
    if inside:
        residents = sorted(set(inside.values()))
        equal = (
            f"= {scope.bind(residents[0])}"
            if len(residents) == 1
            else f"= any({scope.bind(residents)}::bigint[])"
        )
        tests.append(
            f"({alias}.resident_id {equal} and {alias}.links && {scope.bind(sorted(inside))}::bigint[])"
        )
    if len(outside) > FEW_LINKS and scope.narrow:
        anywhere |= outside
    elif outside:
        tests.append(f"exists ({_looked_up(scope, alias, outside)})")
    if anywhere:
        tests.append(f"{alias}.links && {scope.bind(sorted(anywhere))}::bigint[]")
    return any_of(tests)


def joined(
    scope: Scope, source: str, parameter: Parameter, target: str, target_type: str
) -> tuple[Callable[[str], str], str]:
    """How a source alias points to a target alias: the tables beside `resource` and the condition."""
    pointing = digest(parameter.name, target, target_type, scope)
    if target_type in OUTSIDE:
        side = scope.alias()
        condition = (
            f"{side}.link = {pointing} and {side}.bucket = {source}.bucket and {side}.id = {source}.id"
        )
        return (lambda there: f"reference_index {side}, resource {there}"), condition
    held = f"{source}.links @> array[{pointing}]"
    if target_type == "Patient" and is_about(parameter):
        held = (
            f"({held} or {target}.id = (select x.patient from resident x where x.id = {target}.resident_id))"
        )
    same = f"{source}.resident_id = {target}.resident_id"
    if target_type not in search_parameters.compartment("Patient") and target_type != "Patient":
        same = f"({same} or {target}.resident_id = 0)"
    return (lambda there: f"resource {there}"), f"{same} and {held}"


def digest(name: str, alias: str, type_: str, scope: Scope) -> str:
    """`ids.link(name, "Type/id")` of a row, computed by PostgreSQL."""
    head = scope.bind(f"{name}\x1f{type_}/")
    text = f"{head} || coalesce({alias}.fhir_id, {alias}.id::text)"
    return (
        f"('x' || encode(substring(sha256(convert_to({text}, 'UTF8')) from 1 for 8), 'hex'))::bit(64)::bigint"
    )


def is_about(parameter: Parameter) -> bool:
    """Whether a parameter says whom a resource is about, so that an exchange Patient stands for the whole resident."""
    return parameter.name in ("patient", "subject")


def is_outside(reference: str) -> bool:
    """Whether the index looks references to this target up for the whole region."""
    return ":" in reference or reference.partition("/")[0] in OUTSIDE


def _looked_up(scope: Scope, alias: str, digests: set[int]) -> str:
    side = scope.alias()
    return (
        f"select 1 from reference_index {side} where {side}.link = any({scope.bind(sorted(digests))}::bigint[])"
        f" and {side}.bucket = {alias}.bucket and {side}.id = {alias}.id"
    )
