"""What an invariant of FHIR R4 is, and two questions that many of them ask."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Invariant:
    """`holds` judges an object; `text` says the rule; `element` narrows the expression."""

    key: str
    holds: Callable[[Object], bool]
    text: str
    element: str = ""


def has(value: Object, base: str) -> bool:
    """Whether an element or any type of a choice is there."""
    return base in value or any(
        name.startswith(base) and name[len(base)].isupper() for name in value if len(name) > len(base)
    )


def distinct(values: Iterable[Any]) -> bool:
    """Whether no value but None occurs twice."""
    return all(count == 1 for value, count in Counter(values).items() if value is not None)
