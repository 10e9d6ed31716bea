"""Organisations that take part, by their unified social credit code, with the names that people read."""

from typing import Any

REGISTER = """
insert into organisation (code, name) values (%(code)s, %(name)s)
on conflict (code) do update set name = excluded.name
"""


def register(cursor: Any, code: str, name: str) -> None:
    """Add or rename an organisation."""
    cursor.execute(REGISTER, {"code": code, "name": name})


def names(cursor: Any) -> list[tuple[str, str]]:
    """(code, name) of all, by name."""
    cursor.execute("select code, name from organisation order by name")
    return [(row[0], row[1]) for row in cursor.fetchall()]
