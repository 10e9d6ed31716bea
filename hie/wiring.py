"""Builds the parts of the exchange out of its settings, once for each process."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine

from consent.audit import Trail
from consent.audit_seal import Sealer
from consent.card_shares import Shares
from consent.directives import Trust
from consent.disclosure import Door
from consent.sign_in import SignIn
from fhir_profiles.outcome import NotFound
from hie.intake import Intake
from hie.senders import Directory
from hie.settings import Settings
from hie.wake import waker
from record_store import embedded, embedded_place
from record_store.database import connect_engine

SETTINGS_FILE = "settings.env"
AUTHORITIES = "card-authorities"


@dataclass
class Exchange:
    """The parts, each built when it is first used. `close` lets go of those that were."""

    settings: Settings

    @cached_property
    def server(self) -> embedded.Server:
        """The embedded database server, started when it does not run."""
        return embedded.start(self.settings.data_dir)

    @cached_property
    def database_url(self) -> str:
        """The configured database, or the embedded one."""
        configured = self.settings.database_url
        return configured.get_secret_value() if configured else self.server.app_url

    @cached_property
    def engine(self) -> Engine:
        revive = None if self.settings.database_url else self.server.revive
        return connect_engine(self.database_url, pool_size=self.settings.threads + 4, revive=revive)

    @cached_property
    def directory(self) -> Directory:
        return Directory(self.engine, open_city=self.settings.demo)

    @cached_property
    def intake(self) -> Intake:
        broker = self.settings.broker_url
        intake = Intake(self.engine, waker(broker.get_secret_value()) if broker else None)
        intake.start()
        return intake

    @cached_property
    def trail(self) -> Trail:
        return Trail(self.engine)

    @cached_property
    def sealer(self) -> Sealer:
        return Sealer(self.engine, self.settings.data_dir / "audit")

    @cached_property
    def door(self) -> Door:
        return Door(self.engine, self.trail, self.key("consent"), self.settings.fhir_base)

    @cached_property
    def issuers(self) -> tuple[bytes, ...]:
        """Certificates (DER) of the card authorities that are trusted here: data_dir/card-authorities."""
        folder = self.settings.data_dir / AUTHORITIES
        return tuple(path.read_bytes() for path in sorted(folder.glob("*.der")))

    @cached_property
    def trust(self) -> Trust:
        return Trust(self.key("consent"), self.issuers)

    @cached_property
    def shares(self) -> Shares:
        return Shares(self.engine)

    @cached_property
    def sign_in(self) -> SignIn:
        return SignIn(self.engine, self.issuers, self.settings.base_url.rstrip("/"))

    def key(self, name: str) -> bytes:
        """A secret of this deployment: made once, kept in data_dir/keys, readable by us alone."""
        folder = self.settings.data_dir / "keys"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{name}.key"
        if not path.exists():
            draft = folder / f"{name}.{os.getpid()}"
            draft.touch(0o600)
            draft.write_bytes(secrets.token_bytes(32))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_bytes()

    def close(self) -> None:
        """Commit what waits, close connections, leave the embedded server."""
        built = vars(self)
        if "intake" in built:
            self.intake.close()
        if "engine" in built:
            self.engine.dispose()
        if "server" in built:
            self.server.leave()


def load_settings(data_dir: Path | None = None) -> Settings:
    """The settings of the environment; with `data_dir`, the ones that its deployment was started with as well."""
    if data_dir is None:
        return Settings()
    file = data_dir / SETTINGS_FILE
    return Settings(_env_file=file if file.exists() else None, data_dir=data_dir)


@contextmanager
def exchange_of(data_dir: Path | None = None) -> Iterator[Exchange]:
    """The exchange of a deployment for the length of a command. Raises NotFound rather than begin a new one."""
    settings = load_settings(data_dir)
    if not settings.database_url and embedded_place.find(settings.data_dir) is None:
        raise NotFound(
            f"{settings.data_dir} holds no database; name the data folder with --data-dir, "
            "or begin one with `hie store migrate`"
        )
    exchange = Exchange(settings)
    try:
        yield exchange
    finally:
        exchange.close()


@contextmanager
def engine_of(data_dir: Path | None = None) -> Iterator[Engine]:
    """Its database alone."""
    with exchange_of(data_dir) as exchange:
        yield exchange.engine
