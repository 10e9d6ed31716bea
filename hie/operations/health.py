"""Whether the exchange lives, and whether it can do its work: told as it is.

`/health/live`: this process answers. `/health/ready`: the database answers, its schema is the one this code wants,
a worker has told of itself within BEAT_SECONDS, and so has a listener where one was ever started. 503 with the
reasons when not.
"""

from functools import cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

import record_store.migrations
from fhir_profiles import instant
from record_store.database import cursor, unit_of_work

router = APIRouter(tags=["health"])
BEAT_SECONDS = 30
BEATS = "select kind, max(at) from heartbeat group by kind"


@router.get("/health/live")
def live() -> dict[str, str]:
    """This process answers."""
    return {"status": "live"}


@router.get("/health/ready")
def ready(request: Request) -> JSONResponse:
    """Each part and whether it is well; 503 unless all are."""
    parts = checks(request.app.state.exchange.engine)
    well = all(state == "ok" for state in parts.values())
    return JSONResponse({"status": "ready" if well else "not ready", "parts": parts}, 200 if well else 503)


def checks(engine: Any) -> dict[str, str]:
    """What works: `ok`, or what is the matter, for each part."""
    parts = dict.fromkeys(("database", "schema", "worker"), "unknown")
    try:
        with unit_of_work(engine) as connection, cursor(connection) as cur:
            cur.execute("select version_num from alembic_version")
            at = {row[0] for row in cur.fetchall()}
            parts["database"] = "ok"
            parts["schema"] = "ok" if at == _heads() else "needs migration"
            cur.execute(BEATS)
            beats = dict(cur.fetchall())
    except (SQLAlchemyError, OSError) as error:
        parts["database"] = f"unreachable ({type(error).__name__})"
        return parts
    for kind in ("worker", *(beats.keys() - {"worker"})):
        last = beats.get(kind)
        age = (instant.now() - last).total_seconds() if last else None
        parts[kind] = "absent" if age is None else "ok" if age < BEAT_SECONDS else f"silent for {age:.0f} s"
    return parts


@cache
def _heads() -> frozenset[str]:
    config = Config()
    folder = Path(record_store.migrations.__file__).parent
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return frozenset(ScriptDirectory.from_config(config).get_heads())
