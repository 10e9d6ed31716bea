"""Chains with few targets, made literal: the targets are found first and the search then names them.

A search through a handful of targets is a look-up by their residents or digests; joined in one statement it would be
planned from the wrong end. Where the targets are many the chain stays a join.
"""

from dataclasses import replace
from typing import Final

from fhir_profiles.resource_types import NUMBER
from record_store.database import Cursor
from record_store.search_clauses import AllOf, AnyOf, Chain, Clause, Criterion, Has
from record_store.search_conditions import condition
from record_store.search_scope import Place, Scope
from record_store.search_values import Target

FEW: Final = 200
TARGETS: Final = """
select coalesce(t.fhir_id, t.id::text), t.resident_id,
       exists (select 1 from resident x where x.id = t.resident_id and x.patient = t.id)
from resource t where t.type = {type} and {visible} and {condition} limit {limit}
"""


def literal(cursor: Cursor, scope: Scope, criterion: Criterion) -> Criterion:
    """The criterion with its chains made literal where their targets are few; their places go into the scope."""
    match criterion:
        case Chain(parameter=parameter, branches=branches):
            inner = tuple((target, literal(cursor, scope, one)) for target, one in branches)
            targets = _targets(cursor, scope, inner)
            if targets is None:
                return Chain(parameter, inner)
            return Clause(parameter, "", targets) if targets else AnyOf(())
        case Has(criterion=one):
            return replace(criterion, criterion=literal(cursor, scope, one))
        case AnyOf(criteria=several) | AllOf(criteria=several):
            return replace(criterion, criteria=tuple(literal(cursor, scope, one) for one in several))
        case _:
            return criterion


def _targets(
    cursor: Cursor, scope: Scope, branches: tuple[tuple[str, Criterion], ...]
) -> tuple[Target, ...] | None:
    """The targets of a chain that the caller sees; None when they are more than FEW."""
    found: dict[str, tuple[Target, Place]] = {}
    for type_, criterion in branches:
        own = Scope(scope.visibility, scope.words, scope.places)
        statement = TARGETS.format(
            type=NUMBER[type_],
            visible=own.visible("t"),
            condition=condition(own, "t", type_, criterion, nested=True),
            limit=FEW + 1,
        )
        cursor.execute(statement, own.values)
        for fhir_id, resident_id, exchange in cursor.fetchall():
            found[f"{type_}/{fhir_id}"] = (Target(type_, fhir_id), Place(resident_id, exchange))
        if len(found) > FEW:
            return None
    scope.places.update({reference: place for reference, (_, place) in found.items()})
    return tuple(target for target, _ in found.values())
