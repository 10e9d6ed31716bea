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


def of_sources(cursor: Any) -> dict[str, str]:
    """The name of the institution behind each feed, by the feed's identifier system (`meta.source`)."""
    cursor.execute(
        "select s.identifier_system, o.name from source s join organisation o on o.code = s.organisation"
    )
    return dict(cursor.fetchall())
