import time
from typing import Protocol

import psycopg2

from hie.operations.bench import limits
from hie.operations.bench.processor_time import Meter


class HasOwner(Protocol):
    owner_url: str


def test_copy_takes_every_body_unchanged_and_gives_it_back(database: HasOwner) -> None:
    bodies = [b'{"a":"back\\\\slash and \\"quote\\""}', b'{"b":"\\t\\u4e2d"}'] * 50
    assert limits.copy_in(database.owner_url, bodies) > 0
    assert limits.copy_out(database.owner_url) > 0
    connection = psycopg2.connect(database.owner_url)
    with connection.cursor() as cursor:
        cursor.execute("select body from bench_copy")
        assert {row[0].encode() for row in cursor.fetchall()} == set(bodies)
    connection.close()


def test_a_commit_takes_some_time(database: HasOwner) -> None:
    assert 0 < limits.commit_seconds(database.owner_url) < 1


def test_postgresql_is_charged_for_what_its_backends_do(database: HasOwner) -> None:
    connection = psycopg2.connect(database.owner_url)
    with connection.cursor() as cursor:
        cursor.execute("select pg_read_file('postmaster.pid')")
        meter = Meter(int(cursor.fetchone()[0].split()[0]))
        cursor.execute("select count(*) from generate_series(1, 3000000)")
    connection.close()
    # The backend counts once the postmaster has buried it.
    end = time.monotonic() + 10
    while (spent := meter.spent()).database <= 0.05 and time.monotonic() < end:
        time.sleep(0.05)
    assert spent.database > 0.05
    assert spent.client < spent.elapsed
