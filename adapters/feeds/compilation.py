"""Feed maps become Python closures once, when they are loaded; a record then costs a few dictionary look-ups.

A rule is one of
    "XM"                                    the column, as text
    "=final"                                a constant
    "@patient"                              a reference to the record's patient
    { from = "CSRQ", as = "date" }          a column through a function (see datatypes)
    { const = 5 }                           a constant that isn't text
    { template = "{ZS}；{XBS}" }            text around columns; nothing where none has a value
    { ... FHIR elements ... }               an element with parts; dropped where only its constants are left
    [ ..., ... ]                            a list of them; entries without a value are left out
    { first = [ ..., ... ] }                the first of several rules that has a value
    { each = "ids/id", ... }                the rule for every repeated child at that path
An element with parts may name the one that it is nothing without: `needs = "manifestation"`. Any table may add
`when = "condition"` (see conditions) and `required = true`: without a value the record is refused.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adapters.feeds.code_maps import CodeMap
from adapters.feeds.conditions import condition
from adapters.feeds.record import Record
from adapters.source import Source, Unmapped
from fhir_profiles import ids
from fhir_profiles.outcome import Issue

SHARED = frozenset(
    {"Organization", "Practitioner", "PractitionerRole", "Location", "Medication", "HealthcareService"}
)
"""Types without a resident: their ids hang on the source and their key alone."""

NOBODYS = frozenset({"NA", "N/A", "NULL", "NONE"})
"""What is written where a number isn't known: it must never bring two people together."""

_TIGHT = {"system": "", "url": "", "uid": "", "code": " "}
"""What blanks become in elements that are URIs and codes."""

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_RESERVED = frozenset({"from", "as", "const", "template", "first"})


class MapFault(ValueError):
    """A feed map that can't be compiled; the text names the rule."""


class RecordRefused(Exception):
    """A record lacks what its map requires."""

    def __init__(self, issue: Issue):
        self.issue = issue
        super().__init__(issue.text)


@dataclass(slots=True)
class Run:
    """What rules may see and leave behind while one record is translated."""

    source: Source
    patient_key: str = ""
    issues: list[Issue] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    home: int = -1

    def identity(self, kind: str, key: str) -> str:
        """The id of a resource of this source, by the house rule for ids of fed resources."""
        if kind in SHARED or not self.patient_key:
            home = ids.hashed_bucket(kind, self.source.name, key)
        else:
            if self.home < 0:
                self.home = ids.hashed_bucket(self.source.name, self.patient_key)
            home = self.home
        return str(ids.fed(home, self.source.name, kind, key))

    def unknown(self, path: str, value: str, text: str) -> None:
        """Note a value that a rule could not use: listed, and kept with the message."""
        self.unmapped.append(Unmapped(path, value))
        self.issues.append(Issue("code-invalid", text, path, severity="warning", reason="unmapped-value"))


Read = Callable[[Record], str]
Make = Callable[[Record, Run], Any]


@dataclass(slots=True)
class Scope:
    """Where a rule stands: its code maps, the columns used so far, and the `#` that a repetition puts in."""

    codes: dict[str, CodeMap]
    functions: dict[str, Callable[[dict[str, Any], "Scope"], Make]]
    used: set[str]
    path: str = ""
    number: str = ""
    nested: dict[str, set[str]] = field(default_factory=dict)

    def at(self, path: str) -> "Scope":
        return Scope(self.codes, self.functions, self.used, path, self.number, self.nested)

    def inside(self, each: str) -> "Scope":
        """The scope of the repeated children at a path: what is used there is kept apart."""
        used = self.nested.setdefault(each, set())
        return Scope(self.codes, self.functions, used, self.path, self.number)

    def read(self, column: str) -> Read:
        """The reader of a column; `../A` is column A of the enclosing record."""
        column = column.replace("#", self.number)
        if column.startswith("../"):
            outer = self.read(column[3:])
            return lambda record: outer(record.parent) if record.parent else ""
        self.used.add(column)
        return lambda record: record.values.get(column, "")

    def text(self, spec: Any) -> Read:
        """The reader of a parameter: a column, `=constant`, a template in braces; `A|B` takes the first with a value."""
        written = str(spec)
        if "|" in written and not written.startswith("="):
            readers = [self.text(part.strip()) for part in written.split("|")]
            return lambda record: _first_said(readers, record)
        if written.startswith("="):
            constant = written[1:].replace("#", self.number)
            return lambda record: constant
        if "{" in written:
            return self.template(written)
        return self.read(written)

    def template(self, written: str) -> Read:
        names = _PLACEHOLDER.findall(written)
        if not names:
            raise MapFault(f"{self.path}: the template names no column")
        readers = [self.read(name) for name in names]
        pattern = _PLACEHOLDER.sub("\0", written.replace("#", self.number)).split("\0")

        def fill(record: Record) -> str:
            values = [reader(record) for reader in readers]
            if not any(values):
                return ""
            return "".join(part + value for part, value in zip(pattern, [*values, ""], strict=True)).strip(
                " ；;，,"
            )

        return fill


def _first_said(readers: list[Read], record: Record) -> str:
    """The first of several columns that says something."""
    for reader in readers:
        text = reader(record)
        if text and text.upper() not in NOBODYS:
            return text
    return ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule: how to make its value, and whether it is a constant."""

    make: Make
    constant: bool = False


def rule(spec: Any, scope: Scope) -> Rule:
    """Compile one rule. Raises MapFault where it can't be understood."""
    if isinstance(spec, str):
        return _short(spec, scope)
    if isinstance(spec, list):
        return _sequence(spec, scope)
    if isinstance(spec, dict):
        return _table(spec, scope)
    return Rule(lambda record, run: spec, constant=True)


def _short(spec: str, scope: Scope) -> Rule:
    if spec.startswith("="):
        constant = spec[1:]
        return Rule(lambda record, run: constant, constant=True)
    if spec == "@patient":
        return Rule(
            lambda record, run: {"reference": f"Patient/{run.identity('Patient', run.patient_key)}"},
            constant=True,
        )
    read = scope.text(spec)
    return Rule(lambda record, run: read(record) or None)


def _sequence(spec: list[Any], scope: Scope) -> Rule:
    rules = [rule(item, scope.at(f"{scope.path}[{number}]")) for number, item in enumerate(spec)]

    def make(record: Record, run: Run) -> Any:
        made = [value for entry in rules if (value := entry.make(record, run)) is not None]
        return [item for value in made for item in (value if isinstance(value, list) else [value])] or None

    return Rule(make, constant=all(entry.constant for entry in rules))


def _table(spec: dict[str, Any], scope: Scope) -> Rule:
    if "each" in spec:
        return _each(spec, scope)
    made = _leaf(spec, scope) if _RESERVED & spec.keys() else _element(spec, scope)
    make = made.make
    if "when" in spec:
        holds = condition(str(spec["when"]).replace("#", scope.number), scope.read)
        inner = make
        make = lambda record, run: inner(record, run) if holds(record) else None  # noqa: E731
    if spec.get("required"):
        make = _required(make, scope.path)
    return Rule(make, made.constant and "when" not in spec)


def _each(spec: dict[str, Any], scope: Scope) -> Rule:
    path = str(spec["each"])
    inner = _table({name: value for name, value in spec.items() if name != "each"}, scope.inside(path))

    def make(record: Record, run: Run) -> Any:
        return [
            made for child in record.children(path) if (made := inner.make(child, run)) is not None
        ] or None

    return Rule(make)


def _first(specs: list[Any], scope: Scope) -> Rule:
    rules = [rule(spec, scope) for spec in specs]

    def make(record: Record, run: Run) -> Any:
        return next((made for entry in rules if (made := entry.make(record, run)) is not None), None)

    return Rule(make, constant=all(entry.constant for entry in rules))


def _leaf(spec: dict[str, Any], scope: Scope) -> Rule:
    if "first" in spec:
        return _first(spec["first"], scope)
    if "const" in spec:
        constant = spec["const"]
        return Rule(lambda record, run: constant, constant=True)
    name = spec.get("as", "text")
    factory = scope.functions.get(name)
    if factory is None:
        raise MapFault(f"{scope.path}: there is no function {name}")
    return Rule(
        factory(spec, scope),
        constant=name == "reference" and spec.get("type") == "Patient" and "key" not in spec,
    )


def _element(spec: dict[str, Any], scope: Scope) -> Rule:
    parts = [
        (name, rule(inner, scope.at(f"{scope.path}.{name}")))
        for name, inner in spec.items()
        if name not in ("when", "required", "needs")
    ]
    dynamic = any(not part.constant for _, part in parts)
    needed = str(spec.get("needs", ""))

    def make(record: Record, run: Run) -> Any:
        element: dict[str, Any] = {}
        found = not dynamic
        for name, part in parts:
            value = part.make(record, run)
            if value is not None:
                place(element, name, value)
                found = found or not part.constant
        return element if found and element and (not needed or needed in element) else None

    return Rule(make, constant=not dynamic)


def _required(make: Make, path: str) -> Make:
    def checked(record: Record, run: Run) -> Any:
        value = make(record, run)
        if value is None:
            text = f"{record.place or 'The record'} has no usable value for {path}, which its map requires."
            raise RecordRefused(Issue("required", text, path, reason="required"))
        return value

    return checked


def place(element: dict[str, Any], name: str, value: Any) -> None:
    """Put a value in; `value[x]` takes its last part from what the function made (a pair of suffix and value)."""
    if name.endswith("[x]"):
        suffix, value = value
        name = name[:-3] + suffix
    elif isinstance(value, str) and name in _TIGHT:
        value = _TIGHT[name].join(value.split())
    element[name] = value
