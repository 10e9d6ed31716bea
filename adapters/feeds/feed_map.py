"""A feed map: one TOML file that says how a proprietary feed becomes FHIR. The format is in docs/add-a-feed.md.

A map is compiled when it is loaded; the compiled map is immutable and may be shared between threads.
"""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from adapters.feeds import shorthand
from adapters.feeds.code_maps import CodeMap, code_maps
from adapters.feeds.compilation import Make, MapFault, Read, Rule, Scope, rule
from adapters.feeds.conditions import Condition, condition
from adapters.feeds.functions import FUNCTIONS
from fhir_profiles.outcome import Invalid, NotFound
from fhir_profiles.resource_types import NUMBER

MAPS = Path(__file__).parent / "maps"
READERS = ("csv", "tsv", "fixed", "dbf", "xml", "json", "soap", "sql", "row")


@dataclass(frozen=True, slots=True)
class ResourceRules:
    """How one resource is made of a record: its type, key, condition, and elements with their rules."""

    kind: str
    key: Read
    when: Condition | None
    each: str
    elements: list[tuple[str, str, Make]]


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of record in a feed, known by its columns."""

    name: str
    columns: frozenset[str]
    patient: Read | None
    refuse: Condition | None
    resources: list[ResourceRules]
    known: frozenset[str]
    ignored: tuple[str, ...]
    nested: dict[str, frozenset[str]]
    drop: str


@dataclass(frozen=True, slots=True)
class FeedMap:
    """A compiled map. `reader` holds the table of that name as written (kind, charset, record path, widths)."""

    name: str
    version: str
    title: str
    reader: dict[str, Any]
    tables: list[Table]

    @property
    def rule_set(self) -> str:
        return f"{self.name}/{self.version}"

    def table_for(self, columns: frozenset[str]) -> Table | None:
        """The table that these columns fit best: all that it asks for are there, and it knows most of the others."""
        fitting = [table for table in self.tables if table.columns <= columns]
        return max(fitting, key=lambda table: (len(columns & table.known), len(table.columns)), default=None)


def names() -> list[str]:
    """The names of the shipped maps."""
    return sorted(path.stem for path in MAPS.glob("*.toml"))


def shipped(name: str) -> FeedMap:
    """A shipped map by its name. Raises NotFound."""
    if name not in names():
        raise NotFound(f"There is no feed map named {name}; `hie feed list` shows them.", reason="feed-map")
    return _shipped(name)


@lru_cache(maxsize=128)
def _shipped(name: str) -> FeedMap:
    return load(MAPS / f"{name}.toml")


def load(path: Path) -> FeedMap:
    """Read and compile a map. Raises Invalid with the place of the fault."""
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise Invalid(f"The feed map {path.name} can't be read: {fault}", reason="feed-map") from None
    return compiled(written, path.stem)


def compiled(written: dict[str, Any], name: str) -> FeedMap:
    """Compile a map from its tables. Raises Invalid with the place of the fault."""
    try:
        reader = dict(written.get("reader", {}))
        if reader.get("kind") not in READERS:
            raise MapFault(f"reader.kind must be one of {', '.join(READERS)}")
        codes = code_maps(written.get("codes", {}))
        presets = written.get("preset", {})
        tables = [_table(table, codes, presets) for table in written.get("table", [])]
        if not tables:
            raise MapFault("there is no [[table]]")
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise Invalid(f"The feed map {name} can't be used: {fault}", reason="feed-map") from None
    return FeedMap(
        written.get("name", name),
        str(written.get("version", "1")),
        written.get("title", name),
        reader,
        tables,
    )


def _table(written: dict[str, Any], codes: dict[str, CodeMap], presets: dict[str, Any]) -> Table:
    name = str(written["name"])
    ignore = written.get("ignore", {})
    used: set[str] = set(ignore)
    nested: dict[str, set[str]] = {}
    scope = Scope(codes, FUNCTIONS, used, name, nested=nested)
    patient = scope.text(written["patient"]) if written.get("patient") else None
    refuse = condition(str(written["refuse"]), scope.read) if "refuse" in written else None
    resources = [
        made
        for resource in shorthand.resources(written, presets)
        for number in resource.get("repeat", [""])
        for made in [_resource(resource, Scope(codes, FUNCTIONS, used, name, str(number), nested), written)]
    ]
    columns = frozenset(written.get("columns", []))
    known = frozenset(used | columns)
    return Table(
        name=name,
        columns=columns,
        patient=patient,
        refuse=refuse,
        resources=resources,
        known=known,
        ignored=tuple(path[:-1] for path in ignore if path.endswith("*")),
        nested={path: frozenset(names) for path, names in nested.items()},
        drop=str(written.get("drop", "")),
    )


def _resource(written: dict[str, Any], scope: Scope, table: dict[str, Any]) -> ResourceRules:
    kind = str(written["type"])
    if kind not in NUMBER:
        raise MapFault(f"{scope.path}: {kind} is no FHIR R4 resource type")
    each = str(written.get("each", ""))
    if each:
        scope = scope.inside(each)
    key = written.get("key") or (table.get("patient") if kind == "Patient" else None)
    if not key:
        raise MapFault(f"{scope.path}: the {kind} has no key")
    path = f"{scope.path}.{kind}{scope.number}"
    when = (
        condition(str(written["when"]).replace("#", scope.number), scope.read) if "when" in written else None
    )
    elements = []
    for name, spec in written.get("elements", {}).items():
        made: Rule = rule(spec, scope.at(f"{path}.{name}"))
        elements.append((name, f"{path}.{name}", made.make))
    return ResourceRules(kind, scope.text(key), when, each, elements)
