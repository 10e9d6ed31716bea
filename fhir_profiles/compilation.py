"""Schemas compiled, each at its first use: one a resource type, and one of extensions that all others share.

Almost every element may carry extensions, and an extension may hold almost every type. Were it part of each schema,
each would be twice as large.
"""

from functools import cache
from typing import Any

import jsonschema_rs

from fhir_profiles.invariant_rules import INVARIANTS
from fhir_profiles.schema import EXTENSION, INVARIANTS_KEYWORD, SHARED_KEYWORD, Schema, schema


class Invariants:
    """The keyword for the comparing invariants of one kind of object."""

    def __init__(self, parent: Schema, kind: str, path: list[Any]) -> None:
        self.judges = [invariant.holds for invariant in INVARIANTS[kind]]

    def validate(self, instance: Any) -> None:
        """Raises ValueError when one does not hold; other errors mean that the structure is wrong."""
        for holds in self.judges:
            if not holds(instance):
                raise ValueError


class SharedExtension:
    """The keyword for an extension."""

    def __init__(self, parent: Schema, fragments: bool, path: list[Any]) -> None:
        self.fragments = fragments

    def validate(self, instance: Any) -> None:
        """Raises ValueError when it is not valid."""
        if not validator(EXTENSION, fragments=self.fragments).is_valid(instance):
            raise ValueError


@cache
def validator(kind: str, *, fragments: bool = False) -> jsonschema_rs.Draft7Validator:
    """The compiled schema of a resource type or of Extension; `fragments` allows `#id` in references."""
    return jsonschema_rs.Draft7Validator(
        schema(kind, fragments=fragments),
        validate_formats=False,
        pattern_options=jsonschema_rs.RegexOptions(),
        keywords={INVARIANTS_KEYWORD: Invariants, SHARED_KEYWORD: SharedExtension},
    )
