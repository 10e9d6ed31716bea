"""How source paths become Python expressions. A reader knows one kind of record; the compiler knows none."""

from typing import Any, Protocol


class Reader(Protocol):
    """Writes expressions over the names `record` and `context` of the compiled function."""

    def preamble(self) -> list[str]:
        """Lines at the head of the compiled function."""
        ...

    def names(self) -> dict[str, Any]:
        """What the expressions need beside `record` and `context`."""
        ...

    def first(self, path: str, *, plain: bool) -> str:
        """The expression for the (first) value at a path. `plain` asks for text, else the source's own
        form.
        """
        ...

    def each(self, path: str, *, plain: bool) -> str:
        """The expression for all values at a path, as something to iterate over."""
        ...
