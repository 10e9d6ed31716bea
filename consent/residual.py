"""What of a record may be seen, as data: the part of a decision that every query must carry.

A row is judged by its labels, its source, its id and its encounter alone. `sees` says the rule for one row;
`consent.visible_rows` writes the same rule as SQL.
"""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from consent.categories import SENSITIVE


class Extent(Enum):
    """How far a caller sees rows on which no more specific switch speaks."""

    ALL = "all"
    OWN = "own"
    NONE = "none"


class Row(NamedTuple):
    """What a residual looks at."""

    id: UUID
    labels: int
    source: int
    encounter: int | None


@dataclass(frozen=True, slots=True)
class Residual:
    """`permitted` and `denied` are sensitive labels that the resident opened or closed to this caller; `sources` the
    caller's own feeds, whose rows it sees unless denied (its own chart); `statute`: when not zero, only rows with
    one of these labels, and nothing else is asked; `hidden`, `shown` (ids) and their visits (short ids of
    encounters) beat all the rest.
    """

    extent: Extent
    sources: tuple[int, ...] = ()
    permitted: int = 0
    denied: int = 0
    statute: int = 0
    hidden: tuple[UUID, ...] = ()
    hidden_visits: tuple[int, ...] = ()
    shown: tuple[UUID, ...] = ()
    shown_visits: tuple[int, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether nothing at all is left out."""
        return (
            self.extent is Extent.ALL
            and self.permitted == SENSITIVE
            and not (self.denied or self.statute or self.hidden or self.hidden_visits)
        )

    @property
    def opens_anything(self) -> bool:
        """Whether any row at all could pass."""
        return (
            self.extent is Extent.ALL
            or (self.extent is Extent.OWN and bool(self.sources))
            or bool(self.permitted or self.shown or self.shown_visits)
        )


EVERYTHING = Residual(extent=Extent.ALL, permitted=SENSITIVE)
NOTHING = Residual(extent=Extent.NONE)


def sees(residual: Residual, row: Row) -> bool:
    """Whether one row passes."""
    if residual.statute:
        return bool(row.labels & residual.statute)
    if row.id in residual.hidden or (row.encounter is not None and row.encounter in residual.hidden_visits):
        return False
    if row.id in residual.shown or (row.encounter is not None and row.encounter in residual.shown_visits):
        return True
    return _sees_unnamed(residual, row)


def _sees_unnamed(residual: Residual, row: Row) -> bool:
    """The rule for rows that no switch names one by one."""
    sensitive = row.labels & SENSITIVE
    if sensitive & residual.denied:
        return False
    if sensitive and not sensitive & ~residual.permitted:
        return True
    if not sensitive and residual.extent is Extent.ALL:
        return True
    return row.source in residual.sources and residual.extent is not Extent.NONE
