"""The versions of mapping rules that made rows, by their small number."""

from collections.abc import Collection

from psycopg2.extras import execute_values

from record_store.database import Cursor


def rule_set_ids(cursor: Cursor, names: Collection[str]) -> dict[str, int]:
    """The number of each rule set, new ones added. The empty name is 0."""
    wanted = sorted(name for name in names if name)
    found = {"": 0}
    if wanted:
        cursor.execute("select name, id from rule_set where name = any(%s)", (wanted,))
        found |= dict(cursor.fetchall())
        if missing := [(name,) for name in wanted if name not in found]:
            # An update that changes nothing makes the statement answer for rows that another transaction added.
            statement = (
                "insert into rule_set (name) values %s on conflict (name) do update set name = excluded.name "
                "returning name, id"
            )
            found |= dict(execute_values(cursor, statement, missing, fetch=True))
    return found
