"""What a caller may see, as the store understands it: one SQL predicate, ANDed onto every alias of every query."""

from collections.abc import Mapping
from typing import Protocol


class Visibility(Protocol):
    """Made by the layer above from a decision; the store only applies it.

    `residents` limits the residents whose rows may appear (None: no limit, an empty tuple: only rows without a
    resident). `epoch` is bound into paging tokens: a page whose token carries another epoch or caller is refused.
    """

    @property
    def residents(self) -> tuple[int, ...] | None: ...

    @property
    def epoch(self) -> str: ...

    def where(self, alias: str) -> tuple[str, Mapping[str, object]]:
        """A boolean SQL expression over the columns that `resource` and `resource_history` share
        (`resident_id, type, id, labels, source, encounter, subject, at, updated`) with `%(name)s` parameters whose
        names begin with `visible_`; calling it for several aliases gives the same parameters."""
        ...
