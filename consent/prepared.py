"""Statements that every request asks, planned once for each connection: planning costs more than running them."""

import functools
import hashlib
import re
import weakref
from collections.abc import Mapping
from typing import Any

_PARAMETER = re.compile(r"%\((\w+)\)s")
_prepared: weakref.WeakKeyDictionary[Any, set[str]] = weakref.WeakKeyDictionary()


def run(cursor: Any, statement: str, values: Mapping[str, Any]) -> None:
    """Execute a statement with `%(name)s` parameters, PREPAREd on the cursor's connection when it first comes there.

    The statement text must be one of few constants: each stays planned as long as its connection lives. Parameters
    get their types from where they stand, so ambiguous ones carry a cast.
    """
    name, body, order = _numbered(statement)
    known = _prepared.setdefault(cursor.connection, set())
    if name not in known:
        cursor.execute(f"prepare {name} as {body}")
        known.add(name)
    places = ", ".join(["%s"] * len(order))
    cursor.execute(
        f"execute {name} ({places})" if order else f"execute {name}", [values[one] for one in order]
    )


@functools.lru_cache(maxsize=64)
def _numbered(statement: str) -> tuple[str, str, tuple[str, ...]]:
    order: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in order:
            order.append(match[1])
        return f"${order.index(match[1]) + 1}"

    body = _PARAMETER.sub(number, statement)
    return f"hie_{hashlib.sha256(statement.encode()).hexdigest()[:16]}", body, tuple(order)
