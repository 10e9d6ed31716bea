"""What the exchange does again and again, besides working the inbox off."""

from collections.abc import Callable
from dataclasses import dataclass

from fhir_profiles import instant
from hie.auth import tokens
from hie.doors import views
from hie.doors.folder import Folder
from hie.wiring import Exchange
from record_store.database import cursor, unit_of_work


@dataclass(frozen=True, slots=True)
class Job:
    """`act` is done every `seconds`; `name` is what the log says. It must be harmless when two processes do it."""

    name: str
    seconds: float
    act: Callable[[Exchange], object]


def seal(exchange: Exchange) -> object:
    """Seal the new lines of the trace."""
    return exchange.sealer.seal(instant.now())


def forget(exchange: Exchange) -> int:
    """Delete tokens and codes that ran out."""
    with unit_of_work(exchange.engine) as connection:
        return tokens.forget_expired(cursor(connection), instant.now())


JOBS = (
    Job("seal", 2.0, seal),
    Job("folder", 2.0, Folder().collect),
    Job("views", 10.0, views.pull),
    Job("forget", 600.0, forget),
)
