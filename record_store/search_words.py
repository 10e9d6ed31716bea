"""What the words of a search are called in this database: ids of tokens, of parameters, of units, and how common.

One statement looks up everything a search needs. The vocabulary only grows, and an id means the same for ever.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from fhir_profiles import ucum
from record_store.database import Cursor
from record_store.search_clauses import AllOf, AnyOf, Chain, Clause, Criterion, Has, Together
from record_store.search_values import Amount, Target, Token
from record_store.vocabulary import cut

COMMON_SHARE: Final = 0.01
"""A token on more than this share of rows is filtered by, never looked up in the token index."""
COMMON_FLOOR: Final = 2000

LOOK_UP: Final = """
select parameter, system, code, id, count from token where (parameter, code) in %(codes)s
union
select parameter, system, code, id, count from token where (parameter, system) in %(systems)s
"""
ROWS: Final = """
select coalesce(sum(greatest(reltuples, 0)), 0) from pg_class
where oid in (select inhrelid from pg_inherits where inhparent = 'resource'::regclass)
"""
ONLY_PRIMARY: Final = """
select wanted.number from unnest(%(numbers)s::int[]) as wanted (number)
where not exists (select 1 from resource r where r.tokens @> array[wanted.number])
"""
NOTHING: Final = (("", ""),)


@dataclass(slots=True)
class Words:
    """The answer of one look-up. `ids` maps (parameter, system, code) to id and count; `rows` is about how many
    resources there are; `only_primary` are tokens that occur as primary codes alone, so that `code` says it all."""

    ids: dict[tuple[str, str, str], tuple[int, int]] = field(default_factory=dict)
    rows: float = 0
    only_primary: frozenset[int] = frozenset()

    def numbers(self, parameter: str, token: Token) -> list[int]:
        """The numbers of all known words that a search value means."""
        return [identity for identity, _ in self._matching(parameter, token)]

    def is_common(self, parameter: str, tokens: Iterable[Token]) -> bool:
        """Whether so many rows carry one of them that reading rows in order is cheaper than the token index."""
        carried = sum(count for token in tokens for _, count in self._matching(parameter, token))
        return carried > max(COMMON_FLOOR, self.rows * COMMON_SHARE)

    def parameter(self, name: str) -> int:
        """The number of a parameter in the side tables; 0, which no row has, while nothing has it."""
        return self.ids.get((name, "", ""), (0, 0))[0]

    def _matching(self, parameter: str, token: Token) -> Iterator[tuple[int, int]]:
        wanted_system = None if token.system is None else cut(token.system)
        wanted_code = None if token.code is None else cut(token.code)
        if wanted_system is not None and wanted_code is not None:
            found = self.ids.get((parameter, wanted_system, wanted_code))
            if found:
                yield found
            return
        for (name, system, code), found in self.ids.items():
            if name == parameter and (
                code == wanted_code if wanted_code is not None else system == wanted_system
            ):
                yield found


def look_up(cursor: Cursor, criteria: Iterable[Criterion], parameters: Iterable[str] = ()) -> Words:
    """The vocabulary of some criteria, and of the parameters that they or a sort name."""
    codes: set[tuple[str, str]] = {(name, "") for name in parameters}
    systems: set[tuple[str, str]] = set()
    for clause in clauses(criteria):
        name = word_of(clause)
        codes.add((name, ""))
        for written in clause.values:
            value = written.identifier if isinstance(written, Target) else written
            if isinstance(value, Token):
                # A system with its code needs no look at the system's other codes, which may be thousands.
                if value.code is not None:
                    codes.add((name, cut(value.code)))
                elif value.system is not None:
                    systems.add((name, cut(value.system)))
            elif isinstance(value, Amount) and value.system and not value.unit:
                systems.add((name, cut(value.system)))
            elif isinstance(value, Amount) and value.unit:
                known = ucum.canonical(value.unit)
                codes.update((name, cut(unit)) for unit in (value.unit, known[0] if known else ""))
            elif clause.parameter.kind == "uri" and isinstance(value, str):
                codes.add((name, cut(value.partition("#")[0])))
    if not codes and not systems:
        return Words()
    cursor.execute(LOOK_UP, {"codes": tuple(codes) or NOTHING, "systems": tuple(systems) or NOTHING})
    words = Words({(row[0], row[1], row[2]): (row[3], row[4]) for row in cursor.fetchall()})
    if any(count > COMMON_FLOOR for _, count in words.ids.values()):
        cursor.execute(ROWS)
        words.rows = float(cursor.fetchone()[0])
    return words


def only_primary(cursor: Cursor, numbers: Iterable[int]) -> frozenset[int]:
    """Those of some primary codes that no row carries beside another primary code."""
    cursor.execute(ONLY_PRIMARY, {"numbers": sorted(numbers)})
    return frozenset(row[0] for row in cursor.fetchall())


def word_of(clause: Clause) -> str:
    """The parameter's name in the vocabulary: logical references stand under `name:identifier`."""
    return f"{clause.parameter.name}:identifier" if clause.modifier == "identifier" else clause.parameter.name


def clauses(criteria: Iterable[Criterion]) -> Iterator[Clause]:
    """All clauses of a tree of criteria."""
    for criterion in criteria:
        match criterion:
            case Clause():
                yield criterion
            case Chain(branches=branches):
                yield from clauses(branch for _, branch in branches)
            case Has(criterion=inner):
                yield from clauses((inner,))
            case Together(narrowing=inner):
                yield from clauses((inner,))
            case AnyOf(criteria=inner_criteria) | AllOf(criteria=inner_criteria):
                yield from clauses(inner_criteria)
