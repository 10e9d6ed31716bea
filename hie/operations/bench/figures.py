"""What a measurement says, and how it is printed."""

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH = 150
"""A line of the table for each figure, in a window of whatever width."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured rate beside its limit.

    `rate` and `limit` are in `unit` (things a second); `ratio` is their quotient, at most 1 in a perfect world; `details`
    are further numbers by a name that says their unit.
    """

    name: str
    unit: str
    rate: float
    limit_name: str
    limit: float
    details: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How much of the limit is reached."""
        return self.rate / self.limit if self.limit else 0.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Requests that were made one after the other or side by side: each one's seconds, and the seconds of all."""

    seconds: float
    each: list[float]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.each) / self.seconds if self.seconds else 0.0

    @property
    def details(self) -> dict[str, float]:
        """Median and 95th percentile in milliseconds."""
        ordered = sorted(self.each)
        return {
            "requests": len(ordered),
            "median_ms": median(ordered) * 1000 if ordered else 0.0,
            "p95_ms": ordered[int(len(ordered) * 0.95)] * 1000 if ordered else 0.0,
        }


def as_json(figures: list[Figure], machine: dict[str, Any]) -> dict[str, Any]:
    """The whole run for programs."""
    told = [asdict(figure) | {"ratio": figure.ratio} for figure in figures]
    return {"machine": _rounded(machine), "figures": _rounded(told)}


def show(figures: list[Figure], machine: dict[str, Any], console: Console) -> None:
    """The whole run for people."""
    console = Console(file=console.file, width=max(console.width, WIDTH))
    console.print(", ".join(f"{name} {value}" for name, value in _rounded(machine).items()))
    table = Table("what", "reached", "limit of this machine", "of it", "more", box=None, padding=(0, 2))
    for figure in figures:
        more = ", ".join(f"{name} {_short(value)}" for name, value in figure.details.items())
        limit = f"{_short(figure.limit)} {figure.unit} ({figure.limit_name})" if figure.limit else ""
        share = f"{figure.ratio:.1%}" if figure.limit else ""
        table.add_row(figure.name, f"{_short(figure.rate)} {figure.unit}", limit, share, more)
    console.print(table)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.3g}"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list) else value
