"""The database-view door: pulls what changed in a clinic's views into the inbox, where it stays as it was read.

SQLAlchemy reflects a view once; rows come through a server-side cursor in the order of the map's watermark column.
The position moves in the transaction that keeps the rows, and only past complete groups of equal watermarks, so a
killed pull goes on where it stopped and reads nothing twice that it keeps once.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Column, Engine, MetaData, Table, create_engine, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from adapters.feeds.feed_map import shipped
from fhir_profiles import instant, resources
from hie.wiring import Exchange
from record_store import inbox
from record_store.database import cursor, unit_of_work
from record_store.inbox import Arrival
from record_store.sources import Sender

ROWS = 500

POSITION = "select position from pull_position where source = %(source)s"
MOVE = """
insert into pull_position (source, position, pulled) values (%(source)s, %(position)s, %(now)s)
on conflict (source) do update set position = excluded.position, pulled = excluded.pulled
"""


def pull(exchange: Exchange) -> int:
    """Pull every registered view once; how many rows came."""
    return sum(pull_sender(exchange.engine, sender) for sender in exchange.directory.of_door("view"))


def pull_sender(engine: Engine, sender: Sender) -> int:
    """Pull one clinic's views in the order in which its map names them. Raises SQLAlchemyError when it can't be
    reached; what came before is kept."""
    feed_map = shipped(sender.feed_map)
    clinic = _clinic(sender.credential)
    count = 0
    for table in feed_map.tables:
        view = _reflected(clinic, table.name)
        watermark = view.c[str(feed_map.reader["watermark"])]
        positions = _positions(engine, sender.id)
        for rows, position in _chunks(clinic, view, watermark, positions.get(table.name, "")):
            _keep(engine, sender, table.name, rows, positions | {table.name: position})
            count += len(rows)
    return count


def _chunks(
    clinic: Engine, view: Table, watermark: Column[Any], position: str
) -> Iterator[tuple[list[dict[str, Any]], str]]:
    """About ROWS rows at a time, whole groups of one watermark, with the position after them."""
    query = select(view).order_by(watermark)
    if position:
        query = query.where(watermark > watermark.type.python_type.fromisoformat(position))
    with clinic.connect().execution_options(stream_results=True, yield_per=ROWS) as connection:
        waiting: list[dict[str, Any]] = []
        last = position
        for value, group in groupby(connection.execute(query).mappings(), lambda row: row[watermark.name]):
            waiting += [dict(row) for row in group]
            last = value.isoformat()
            if len(waiting) >= ROWS:
                yield waiting, last
                waiting = []
        if waiting:
            yield waiting, last


def _keep(
    engine: Engine, sender: Sender, view: str, rows: list[dict[str, Any]], positions: dict[str, str]
) -> None:
    payload = resources.dumps(
        [{name: value for name, value in row.items() if value is not None} for row in rows]
    )
    now = instant.now()
    arrival = Arrival(
        source=sender.id,
        door="view",
        control_id=f"{view}:{hashlib.sha256(payload).hexdigest()[:16]}",
        payload=payload,
        patient_key="rows",
    )
    with unit_of_work(engine) as connection:
        cur = cursor(connection)
        inbox.receive(cur, [arrival], now)
        cur.execute(MOVE, {"source": sender.id, "position": resources.dumps(positions).decode(), "now": now})


def _positions(engine: Engine, source: int) -> dict[str, str]:
    with unit_of_work(engine) as connection:
        cur = cursor(connection)
        cur.execute(POSITION, {"source": source})
        row = cur.fetchone()
    return dict(resources.loads(row[0])) if row and row[0] else {}


@cache
def _clinic(address: str) -> Engine:
    url = make_url(address)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg2")
    return create_engine(url, pool_size=1, pool_pre_ping=True)


@cache
def _reflected(clinic: Engine, name: str) -> Table:
    return Table(name, MetaData(), autoload_with=clinic)


__all__ = ["SQLAlchemyError", "pull", "pull_sender"]
