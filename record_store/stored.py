"""What a reader of the store gets: versions of resources as stored bytes, and pages of them."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of a resource. `id` is the FHIR logical id, `body` the JSON with id and meta (empty when
    `deleted`), `labels` the sensitivity bits, `resident_id` 0 for resources without a resident."""

    type: str
    id: str
    version: int
    updated: datetime
    body: bytes
    resident_id: int
    labels: int
    deleted: bool = False

    @property
    def reference(self) -> str:
        """`Type/id`."""
        return f"{self.type}/{self.id}"


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search, a history or a compartment.

    `total` is None when it was not asked for; `next` is the position after this page (None: the last page), to
    be sealed by `paging.seal` before anybody outside sees it.
    """

    matches: list[Stored]
    included: list[Stored] = field(default_factory=list)
    total: int | None = None
    next: str | None = None
