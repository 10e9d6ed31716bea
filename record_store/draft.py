"""What the writer is given and what it answers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fhir_profiles.index_values import IndexValues
from fhir_profiles.resources import Resource


@dataclass(slots=True)
class Draft:
    """One resource to be stored, checked and labelled.

    `fhir_id` is the logical id when a client chose one that is not the text of `id`; `resident_id` 0 for none;
    `source` 0 for the exchange itself; `message` the inbox row and `rule_set` the rules that made it. `expected` is
    the version of `If-Match`; `create_only` refuses to overwrite; with `if_absent` a
    resource that is there already is left alone, whatever it says.
    """

    resource: Resource
    type: str
    id: UUID
    resident_id: int
    source: int
    labels: int
    message: int | None
    rule_set: int
    values: IndexValues
    fhir_id: str | None = None
    expected: int | None = None
    create_only: bool = False
    if_absent: bool = False


@dataclass(slots=True)
class Deletion:
    """One resource to be deleted."""

    type: str
    id: UUID
    source: int = 0
    message: int | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a draft: its current version. `changed` is False when the content was the same already;
    `created` when there was no current version before."""

    type: str
    id: UUID
    fhir_id: str
    version: int
    updated: datetime
    changed: bool
    created: bool
    resident_id: int
