"""The search parameters of FHIR R4: what may be asked of each type, and where the answer lies in a resource.

https://hl7.org/fhir/R4/searchparameter-registry.html, from `definitions/search_parameters.json`, which
`scripts/build_definitions.py` makes. A CapabilityStatement lists `of(type)`; `find` looks one up.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from fhir_profiles.definitions import table
from fhir_profiles.resource_types import NUMBER

_CANONICAL: Final = "http://hl7.org/fhir/SearchParameter/"
_EVERY_TYPE: Final = ("Resource", "DomainResource")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of one type.

    `kind` is token, string, date, reference, quantity, number, uri, composite or special; `expression` the part
    of the FHIRPath that starts at this type; `targets` the types a reference may point to; `definition` the
    canonical URL; `components` the parameters a composite joins.
    """

    name: str
    kind: str
    expression: str
    targets: tuple[str, ...]
    definition: str
    documentation: str
    components: tuple["Parameter", ...] = ()


@cache
def of(resource_type: str) -> dict[str, Parameter]:
    """The parameters of a type by name, those that every type has included; "Resource" has only these."""
    found: dict[str, Parameter] = {}
    for owner in (*_EVERY_TYPE, resource_type):
        for name, row in table("search_parameters.json").get(owner, {}).items():
            found[name] = _parameter(name, row, found)
    for name, row in table("search_parameters.json").get(resource_type, {}).items():
        if row[0] == "composite":
            found[name] = _parameter(name, row, found)
    return found


def find(resource_type: str, name: str) -> Parameter | None:
    """The parameter of that name of a type (or of "Resource": those that every type has)."""
    return of(resource_type).get(name)


@cache
def compartment(name: str) -> dict[str, tuple[str, ...]]:
    """A compartment of R4 ("Patient", "Encounter", ...): member type to the parameters that link it.

    https://hl7.org/fhir/R4/compartmentdefinition.html.
    """
    return {member: tuple(names) for member, names in table("compartments.json")[name].items()}


def _parameter(name: str, row: list[Any], known: dict[str, Parameter]) -> Parameter:
    kind, expression, targets, definition, documentation, *rest = row
    components = tuple(known[component] for component, _ in rest[0] if component in known) if rest else ()
    if kind == "reference" and not targets:
        targets = NUMBER
    url = _CANONICAL + definition
    return Parameter(name, kind, expression, tuple(targets), url, documentation, components)
