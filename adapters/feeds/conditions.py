"""`when` in a feed map: the same small language as in every mapping rule (adapters.mapping.conditions).

XM                      the column has a value
not SWRQ                it has none
ZJLX = "01"             it equals
ZJLX in ("01", "02")    it is one of
SSY or SZY              and, or, brackets
"""

from collections.abc import Callable

from adapters.feeds.record import Record
from adapters.mapping import conditions

Getter = Callable[[Record], str]
Condition = Callable[[Record], bool]


def condition(text: str, getter: Callable[[str], Getter]) -> Condition:
    """Compile a condition; `getter` makes the reader of a column. Raises RuleError when it can't be understood."""
    readers: dict[str, Getter] = {}

    def read(path: str) -> str:
        readers[f"read_{len(readers)}"] = getter(path)
        return f"read_{len(readers) - 1}(record)"

    expression = conditions.python(text, read)
    holds: Condition = eval(f"lambda record: bool({expression})", dict(readers))  # noqa: S307
    return holds
