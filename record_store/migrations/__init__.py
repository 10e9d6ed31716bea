"""The schema of the exchange, in numbered steps of plain SQL (alembic). Newcomers read versions/0001_record.py first."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url, pool

from record_store import database, training

LOCK = 0x68_69_65
"""Advisory lock: two processes that start together migrate one after the other."""


def migrate(owner_url: str, revision: str = "head") -> None:
    """Bring a database to `revision` as the role that owns the tables. Does nothing when it is there already.

    A step waits at most 4 s for a lock that running code holds, and fails rather than stopping the exchange.
    """
    engine = create_engine(
        make_url(owner_url).set(drivername="postgresql+psycopg2"),
        poolclass=pool.NullPool,
        use_native_hstore=False,
        connect_args={"application_name": "hie migrate", "options": "-c lock_timeout=4000"},
    )
    with engine.connect() as connection:
        with connection.begin():
            connection.exec_driver_sql("set local lock_timeout = 0")
            connection.exec_driver_sql(f"select pg_advisory_lock({LOCK})")
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        with connection.begin(), database.cursor(connection) as cursor:
            training.add_starters(cursor)
    engine.dispose()
