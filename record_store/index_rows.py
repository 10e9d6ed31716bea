"""What a resource is found by, as columns of its row and rows of the side tables.

- The first value of the type's primary code, date and quantity (fhir_profiles.extraction.primary_parameters) stands in
  the row alone: `code`; `at` and `until`; `value` (canonical), `unit` and `number` (as written). It is in none of the
  following.
- `tokens`: the numbers of all other tokens, and of URIs as `(parameter, "", uri without its fragment)`.
- `links`: digests (`ids.link`) of all references. `reference_index` holds them where a search can't start from a
  resident: the row has none, or the target is outside of residents' records.
- `identifier_index.value` is `ids.link(parameter, value)`, `.system` the number of `(parameter, system, "")`.
- `string_index.value` is the normalised text, cut at `vocabulary.LONGEST` characters; or a URI of a SINGULAR parameter.
- Parameters `combo-x` are in no table: a search asks `x` and `component-x`.
- `.parameter` is the number of `(parameter, "", "")`, `.unit` that of `(parameter, system, unit)`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from struct import Struct
from typing import Final
from uuid import UUID

from fhir_profiles import ids
from fhir_profiles.extraction import primary_parameters
from fhir_profiles.index_values import IndexValues
from record_store import copy_binary
from record_store.copy_binary import double, text, timestamp
from record_store.database import Cursor
from record_store.vocabulary import Word, cut

_OUTSIDE = """
    Practitioner PractitionerRole Organization OrganizationAffiliation Location HealthcareService Endpoint
    Medication MedicationKnowledge Substance Library Measure PlanDefinition ActivityDefinition Questionnaire
    ResearchStudy Group Schedule Slot Contract InsurancePlan DeviceDefinition GraphDefinition Evidence
"""
OUTSIDE: Final = frozenset(_OUTSIDE.split())
"""Types whose resources are not part of a resident's record."""

COMBINED: Final = frozenset(
    f"combo-{name}" for name in ("code", "data-absent-reason", "value-concept", "value-quantity")
)
"""Parameters of Observation that join two others."""

SINGULAR: Final = frozenset({"location"})
"""URI parameters whose values hardly occur twice: the vocabulary would grow with every document."""

_link = lru_cache(maxsize=1 << 16)(ids.link)
_IDENTIFIER = Struct("!hihihiqiii16s").pack
_PARAMETER = Struct("!hihii").pack
_UNIT = Struct("!hihiiii").pack
_LINK = Struct("!hihiqi16s").pack
_UUID = Struct("!i16s").pack

_SIDE_TABLES: Final = {
    "identifier_index": "bucket, type, value, system, id",
    "string_index": "bucket, parameter, value, id",
    "date_index": "bucket, parameter, low, high, id",
    "quantity_index": "bucket, parameter, unit, low, high, id",
    "reference_index": "bucket, link, id",
}

REMOVE = """
with gone as (select unnest(%(ids)s::uuid[]) as id),
  a as (delete from identifier_index i using gone where i.id = gone.id),
  b as (delete from string_index i using gone where i.id = gone.id),
  c as (delete from date_index i using gone where i.id = gone.id)
delete from quantity_index i using gone where i.id = gone.id
"""
"""Takes the rows of side tables away, but those of reference_index: the old row's links name them."""


@dataclass(slots=True)
class Sides:
    """Packed rows of the side tables, by table."""

    rows: dict[str, list[bytes]] = field(default_factory=lambda: {table: [] for table in _SIDE_TABLES})

    def copy(self, cursor: Cursor) -> None:
        """Send them, one COPY for each table that has any."""
        for table, columns in _SIDE_TABLES.items():
            copy_binary.copy(cursor, table, columns, self.rows[table])


@dataclass(slots=True)
class Columns:
    """The columns of a row that it is found by; numbers are those of the vocabulary."""

    code: int | None
    unit: int | None
    value: float | None
    number: float | None
    tokens: list[int]
    links: list[int]


def words(values: IndexValues) -> Iterator[Word]:
    """All words that the rows of a resource need numbers of."""
    for token in values.tokens:
        if token[0] not in COMBINED:
            yield token
    for parameter, uri in values.uris:
        yield parameter, "", "" if parameter in SINGULAR else _uri(uri)
    for parameter, system, _ in values.identifiers:
        yield parameter, system, ""
    for parameter, _ in values.strings:
        yield parameter, "", ""
    for parameter, _, _ in values.dates:
        yield parameter, "", ""
    for parameter, system, unit, _, _ in values.quantities:
        if parameter not in COMBINED:
            yield parameter, system, unit
            yield parameter, "", ""


def columns(
    type_: str,
    number: int,
    identity: UUID,
    values: IndexValues,
    numbers: Mapping[Word, int],
    sides: Sides,
    *,
    has_resident: bool,
) -> Columns:
    """The row's columns; rows of the side tables go to `sides`. `number` is that of the type.

    KeyError when `numbers` lacks one of `words(values)`.
    """
    bucket, key = ids.bucket(identity), identity.bytes
    tokens = {numbers[token] for token in values.tokens if token[0] not in COMBINED}
    texts = list(values.strings)
    for parameter, uri in values.uris:
        if parameter in SINGULAR:
            texts.append((parameter, _uri(uri)))
        else:
            tokens.add(numbers[parameter, "", _uri(uri)])
    code = numbers[values.primary_code] if values.primary_code else None
    tokens.discard(code or 0)
    links = {_link(parameter, target) for parameter, target in values.references}
    _add_links(values, bucket, key, sides, everything=not has_resident)
    for parameter, system, value in values.identifiers:
        digest = ids.link(parameter, value)
        system_number = numbers[parameter, system, ""]
        sides.rows["identifier_index"].append(
            _IDENTIFIER(5, 2, bucket, 2, number, 8, digest, 4, system_number, 16, key)
        )
    for parameter, value in texts:
        head = _PARAMETER(4, 2, bucket, 4, numbers[parameter, "", ""])
        sides.rows["string_index"].append(head + text(cut(value)) + _UUID(16, key))
    _add_dates(type_, values, numbers, bucket, key, sides)
    found = _add_quantities(type_, values, numbers, bucket, key, sides)
    return Columns(code, *found, sorted(tokens), sorted(links))


def _uri(uri: str) -> str:
    return uri.partition("#")[0]


def _add_links(values: IndexValues, bucket: int, key: bytes, sides: Sides, *, everything: bool) -> None:
    found = {
        _link(parameter, target)
        for parameter, target in values.references
        if everything or ":" in target or target.partition("/")[0] in OUTSIDE
    }
    for link in found:
        sides.rows["reference_index"].append(_LINK(3, 2, bucket, 8, link, 16, key))


def _add_dates(
    type_: str, values: IndexValues, numbers: Mapping[Word, int], bucket: int, key: bytes, sides: Sides
) -> None:
    primary = primary_parameters(type_).date
    rows = sides.rows["date_index"]
    for parameter, low, high in values.dates:
        if parameter == primary:
            primary = ""
            continue
        head = _PARAMETER(5, 2, bucket, 4, numbers[parameter, "", ""])
        rows.append(head + timestamp(low) + timestamp(high) + _UUID(16, key))


def _add_quantities(
    type_: str, values: IndexValues, numbers: Mapping[Word, int], bucket: int, key: bytes, sides: Sides
) -> tuple[int | None, float | None, float | None]:
    """Unit, canonical value and number of the primary quantity; all others become rows."""
    primary = primary_parameters(type_).value
    unit, value, number = None, None, None
    rows = sides.rows["quantity_index"]
    for parameter, system, unit_code, low, high in values.quantities:
        if parameter == primary and low == high:
            if unit_code and value is None and number is None:
                unit, value = numbers[parameter, system, unit_code], low
                continue
            if not unit_code and not system and number is None:
                number = low
                continue
        if parameter in COMBINED:
            continue
        unit_number = numbers[parameter, system, unit_code]
        head = _UNIT(6, 2, bucket, 4, numbers[parameter, "", ""], 4, unit_number)
        rows.append(head + double(low) + double(high) + _UUID(16, key))
    return unit, value, number
