"""Visibilities for tests of the store: one that shows everything, one that hides some residents or labels."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Showing:
    """Rows without any of the hidden labels, of all residents or of those named (and of none)."""

    residents: tuple[int, ...] | None = None
    hidden_labels: int = 0
    epoch: str = "test"

    def where(self, alias: str) -> tuple[str, Mapping[str, object]]:
        text = f"{alias}.labels & %(visible_labels)s = 0"
        if self.residents is not None:
            text += f" and {alias}.resident_id = any(%(visible_residents)s)"
        return text, {"visible_labels": self.hidden_labels, "visible_residents": [0, *(self.residents or ())]}


EVERYTHING = Showing()
