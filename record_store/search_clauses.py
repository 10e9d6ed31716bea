"""The conditions of a search: clauses on a parameter, chains through references, `_has`, and their ORs.

https://hl7.org/fhir/R4/search.html §3.1.1.4 to §3.1.1.5. A criterion is pure data; `search_conditions` makes
SQL of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from fhir_profiles import search_parameters
from fhir_profiles.outcome import Invalid, TooCostly
from fhir_profiles.resource_types import NUMBER
from fhir_profiles.search_parameters import Parameter
from record_store import search_values
from record_store.index_rows import COMBINED
from record_store.search_values import Amount, Period, Target, Token

MOST_VALUES: Final = 1000

Value: TypeAlias = Token | Period | Amount | Target | str

COMPARTMENTS: Final = ("Patient", "Encounter", "Practitioner", "RelatedPerson", "Device")

MODIFIERS: Final = {
    "token": ("missing", "not", "text"),
    "string": ("missing", "exact", "contains"),
    "reference": ("missing", "identifier"),
    "date": ("missing",),
    "number": ("missing",),
    "quantity": ("missing",),
    "uri": ("missing", "below", "above"),
    "composite": (),
    "special": (),
}


class Unknown(Invalid):
    """A parameter or modifier that the type does not have: what lenient handling leaves out."""

    code = "not-supported"


@dataclass(frozen=True, slots=True)
class Clause:
    """One parameter against alternatives. With modifier `missing` the single value is "true" or "false"."""

    parameter: Parameter
    modifier: str
    values: tuple[Value, ...]

    @property
    def periods(self) -> list[Period]:
        return [value for value in self.values if isinstance(value, Period)]

    @property
    def amounts(self) -> list[Amount]:
        return [value for value in self.values if isinstance(value, Amount)]

    @property
    def targets(self) -> list[Target]:
        return [value for value in self.values if isinstance(value, Target)]

    def patients(self, types: tuple[str, ...]) -> tuple[str, ...]:
        """The ids of the Patients that rows meeting this clause belong to, if it names any."""
        if types == ("Patient",) and self.parameter.name == "_id":
            return tuple(value.code for value in self.values if isinstance(value, Token) and value.code)
        if self.parameter.kind != "reference" or "Patient" not in self.parameter.targets:
            return ()
        named = [value for value in self.values if isinstance(value, Target) and value.id]
        if len(named) != len(self.values) or any(
            value.type != "Patient" and (value.type or self.parameter.targets != ("Patient",))
            for value in named
        ):
            return ()
        return tuple(value.id for value in named if value.id)


@dataclass(frozen=True, slots=True)
class Chain:
    """`parameter.rest`: some target of the reference meets one of the branches (target type, criterion)."""

    parameter: Parameter
    branches: tuple[tuple[str, "Criterion"], ...]


@dataclass(frozen=True, slots=True)
class Has:
    """`_has:source:parameter:rest`: some `source` whose reference points here meets the criterion."""

    source: str
    parameter: Parameter
    criterion: "Criterion"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one criterion holds."""

    criteria: tuple["Criterion", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All criteria hold on the same row."""

    criteria: tuple["Criterion", ...]


@dataclass(frozen=True, slots=True)
class Together:
    """A composite whose parts must meet in one repetition of an element: `narrowing` says it loosely, for the index;
    `alternatives` exactly, for one repetition at a time."""

    parameter: Parameter
    narrowing: "Criterion"
    alternatives: tuple[tuple[Clause, ...], ...]


Criterion: TypeAlias = Clause | Chain | Has | AnyOf | AllOf | Together


def criterion(types: tuple[str, ...], name: str, value: str, base: str, *, depth: int) -> Criterion:
    """Parse one `name=value` for rows of these types (empty: any type). Unknown, Invalid or TooCostly."""
    if depth < 0:
        raise TooCostly("the chain is too long", reason="deep-chain")
    if name.startswith("_has:"):
        return _has(types, name, value, base, depth)
    head, dot, rest = name.partition(".")
    plain, _, modifier = head.partition(":")
    parameter = parameter_of(types, plain)
    if dot:
        return _chain(parameter, modifier, rest, value, base=base, depth=depth)
    return _clause(parameter, modifier, value, base)


def in_compartment(types: tuple[str, ...], kind: str, fhir_id: str) -> Criterion:
    """What belongs to the compartment of one resource (https://hl7.org/fhir/R4/compartmentdefinition.html)."""
    type_ = types[0] if len(types) == 1 else ""
    if type_ == kind:
        return Clause(parameter_of(types, "_id"), "", (Token(None, fhir_id),))
    names = search_parameters.compartment(kind).get(type_, ()) if kind in COMPARTMENTS else ()
    if not names:
        raise Invalid(f"{type_} is no part of a compartment of {kind[:64]}", reason="no-compartment")
    if kind == "Patient" and search_parameters.find(type_, "patient"):
        names = ("patient", *names)
    found = [parameter_of(types, name) for name in dict.fromkeys(names)]
    target = (Target(kind, fhir_id),)
    return AnyOf(tuple(Clause(one, "", target) for one in found if one.kind == "reference"))


def parameter_of(types: tuple[str, ...], name: str) -> Parameter:
    """The search parameter of that name, which all of the types must have."""
    found = [search_parameters.find(type_, name) for type_ in types or ("Resource",)]
    first = found[0]
    if first is None or any(other is None or other.kind != first.kind for other in found):
        where = ", ".join(types) or "all types"
        raise Unknown(
            f"'{name[:64]}' is no search parameter of {where}; /metadata lists them",
            reason="unknown-parameter",
        )
    return first


def is_supported(parameter: Parameter) -> bool:
    """Whether searches take a parameter."""
    if parameter.kind == "composite":
        return len(parameter.components) > 1
    return parameter.kind in _READERS or parameter.kind == "reference"


def _clause(parameter: Parameter, modifier: str, value: str, base: str) -> Criterion:
    if not is_supported(parameter):
        raise Unknown("this parameter is not supported", reason="unsupported-parameter")
    if parameter.name in COMBINED:
        return _combined(parameter, modifier, value, base)
    allowed = MODIFIERS[parameter.kind]
    type_modifier = parameter.kind == "reference" and modifier in NUMBER
    if modifier and not type_modifier and modifier not in allowed:
        known = ", ".join(f":{one}" for one in allowed) or "none"
        raise Unknown(
            f"the modifier :{modifier[:32]} does not apply here; known: {known}", reason="unknown-modifier"
        )
    if modifier == "missing":
        if value not in ("true", "false"):
            raise Invalid(":missing is true or false")
        return Clause(parameter, modifier, (value,))
    written = search_values.split(value)
    if len(written) > MOST_VALUES:
        raise TooCostly(f"more than {MOST_VALUES} alternatives", reason="many-values")
    if parameter.kind == "composite":
        return _composite(parameter, written, base)
    if modifier == "text":
        return Clause(parameter, modifier, tuple(search_values.unescape(one) for one in written if one))
    values = tuple(_value(parameter, modifier, one, base) for one in written if one)
    return Clause(parameter, "" if type_modifier else modifier, values)


def _combined(parameter: Parameter, modifier: str, value: str, base: str) -> Criterion:
    """`combo-x` of an Observation is its `x` or `component-x`: the index holds these two alone."""
    own = parameter.name.removeprefix("combo-")
    parts = (parameter_of(("Observation",), own), parameter_of(("Observation",), f"component-{own}"))
    both = tuple(_clause(part, modifier, value, base) for part in parts)
    neither = modifier == "not" or (modifier == "missing" and value == "true")
    return AllOf(both) if neither else AnyOf(both)


def _value(parameter: Parameter, modifier: str, text: str, base: str) -> Value:
    if parameter.kind == "reference":
        if modifier == "identifier":
            return Target(None, None, identifier=search_values.token(text))
        # The definitions let `patient` point to groups too; a bare id means a Patient.
        named = modifier or ("Patient" if parameter.name == "patient" and "/" not in text else None)
        return search_values.target(text, named, base)
    read = _READERS.get(parameter.kind)
    if read is None:
        raise Unknown("this parameter is not supported", reason="unknown-parameter")
    return read(text)


_READERS: Final[dict[str, Callable[[str], Value]]] = {
    "token": search_values.token,
    "date": search_values.period,
    "number": search_values.number,
    "quantity": search_values.quantity,
    "string": search_values.unescape,
    "uri": search_values.unescape,
}


def _composite(parameter: Parameter, written: list[str], base: str) -> Criterion:
    loose, exact = [], []
    for text in written:
        parts = search_values.split(text, "$")
        if len(parts) != len(parameter.components):
            raise Invalid(f"expected {len(parameter.components)} parts joined by $")
        pairs = list(zip(parameter.components, parts, strict=True))
        loose.append(AllOf(tuple(_clause(component, "", part, base) for component, part in pairs)))
        exact.append(
            tuple(Clause(component, "", (_value(component, "", part, base),)) for component, part in pairs)
        )
    if parameter.expression.isalpha():
        return AnyOf(tuple(loose))
    return Together(parameter, AnyOf(tuple(loose)), tuple(exact))


def _chain(parameter: Parameter, modifier: str, rest: str, value: str, *, base: str, depth: int) -> Criterion:
    if parameter.kind != "reference":
        raise Invalid("only references can be chained")
    if modifier and modifier not in parameter.targets:
        raise Invalid(f"this reference never points to '{modifier[:64]}'")
    branches = []
    for target in (modifier,) if modifier else parameter.targets:
        try:
            branches.append((target, criterion((target,), rest, value, base, depth=depth - 1)))
        except Unknown:
            if modifier:
                raise
    if not branches:
        raise Unknown(f"no target of this reference has '{rest[:64]}'", reason="unknown-parameter")
    return Chain(parameter, tuple(branches))


def _has(types: tuple[str, ...], name: str, value: str, base: str, depth: int) -> Has:
    _, _, tail = name.partition(":")
    source, _, tail = tail.partition(":")
    through, _, rest = tail.partition(":")
    if source not in NUMBER or not rest:
        raise Invalid("write _has:Type:reference:parameter")
    parameter = parameter_of((source,), through)
    if parameter.kind != "reference" or (types and not set(types) & set(parameter.targets)):
        raise Invalid(f"{source}.{through[:64]} does not point to {', '.join(types) or 'resources'}")
    return Has(source, parameter, criterion((source,), rest, value, base, depth=depth - 1))
