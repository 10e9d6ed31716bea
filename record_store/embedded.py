"""The PostgreSQL that comes with the exchange: made, started, shared between processes, and stopped.

Every process that uses a data directory calls `start`. The first makes and starts the server, the others find it
running, and the last that leaves stops it. A process that is killed leaves by that. A server that was killed is
started again and recovers by itself.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg2

from record_store import embedded_place, embedded_process
from record_store.embedded_place import Account, Place
from record_store.embedded_settings import ACCESS, settings

OWNER = "hie_owner"
APP = "hie_app"
DATABASE = "hie"
INITDB = ("--encoding=UTF8", "--locale=C", "--no-instructions")
PATIENCE = 60.0
"""Seconds that a start may take; recovery after a crash is part of it."""


class EmbeddedFault(RuntimeError):
    """The embedded server could not be made, started or stopped; the text ends with what its log says."""


class Server:
    """A running embedded server, as one process holds it."""

    def __init__(self, place: Place, socket: str, held: IO[bytes], lock: Path, changed: Mapping[str, str]):
        self._place = place
        self._changed = changed
        self._socket = socket
        self._held = held
        self._lock = lock

    @property
    def owner_url(self) -> str:
        """For migrations: the role that owns the tables."""
        return self.url(DATABASE, owner=True)

    @property
    def app_url(self) -> str:
        """For everything else: the login role `hie_app`."""
        return self.url(DATABASE)

    def url(self, database: str, *, owner: bool = False) -> str:
        """The URL of another database of this server."""
        user, password = (OWNER, self._place.owner_password) if owner else (APP, self._place.app_password)
        return f"postgresql://{user}:{password}@/{database}?host={quote(self._socket, safe='')}&port=5432"

    @property
    def pid(self) -> int | None:
        """The process id of the server, None when it does not run."""
        return embedded_process.postmaster(self._place)

    def revive(self) -> None:
        """Start the server again when it died; another process may have done so already."""
        account = embedded_place.account()
        with _exclusive(self._lock):
            _bring_up(self._place, embedded_place.programs(self._place, account), account, self._changed)

    def leave(self) -> None:
        """Be done with the server; it stops when no other process holds it. Leaving twice does nothing."""
        if self._held.closed:
            return
        with _exclusive(self._lock):
            try:
                fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                _stop(self._place)
            self._held.close()


@contextmanager
def running(data_dir: Path, changed: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The server of a data directory for the length of a block."""
    server = start(data_dir, changed)
    try:
        yield server
    finally:
        server.leave()


def start(data_dir: Path, changed: Mapping[str, str] | None = None) -> Server:
    """Make the cluster if there is none, start it if it does not run, and hold it.

    `changed` overrides settings of postgresql.conf where this call starts the server: `{"listen_addresses":
    "'127.0.0.1'", "port": "5433"}`. Raises EmbeddedFault.
    """
    data_dir = data_dir.absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir = data_dir.resolve()
    lock = data_dir / "postgres.lock"
    account = embedded_place.account()
    with _exclusive(lock):
        place = embedded_place.find(data_dir) or embedded_place.choose(data_dir, account)
        programs = embedded_place.programs(place, account)
        if not place.cluster.exists():
            _make(place, programs, account, synced=(changed or {}).get("fsync") != "off")
        socket = _bring_up(place, programs, account, changed or {})
        held = (data_dir / "postgres.users").open("ab")
        fcntl.flock(held, fcntl.LOCK_SH)
    return Server(place, socket, held, lock, changed or {})


def remove(data_dir: Path) -> None:
    """Stop the server whoever holds it, and delete the cluster of a data directory."""
    data_dir = data_dir.resolve()
    if not data_dir.exists():
        return
    with _exclusive(data_dir / "postgres.lock"):
        place = embedded_place.find(data_dir)
        if place is not None:
            _stop(place)
            shutil.rmtree(place.folder)
        (data_dir / "postgres.json").unlink(missing_ok=True)


@contextmanager
def _exclusive(lock: Path) -> Iterator[None]:
    with lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(place: Place, programs: Path, account: Account, *, synced: bool) -> None:
    """Make the cluster apart and move it into place whole, so that an interrupted first start leaves nothing."""
    draft = place.cluster.with_name("cluster.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    account.give(draft)
    password = Path(place.folder) / "password"
    embedded_place.write_private(password, place.owner_password)
    account.give(password)
    arguments = [f"--pgdata={draft}", f"--username={OWNER}", f"--pwfile={password}", "--auth=scram-sha-256"]
    arguments += [] if synced else ["--no-sync"]
    try:
        process = _spawn(programs / "initdb", [*arguments, *INITDB], place, account)
        failed = process.wait()
    finally:
        password.unlink()
    if failed:
        raise EmbeddedFault(f"initdb failed: {_said(place)}")
    draft.rename(place.cluster)


def _launch(place: Place, programs: Path, account: Account, changed: Mapping[str, str]) -> None:
    """Start the server in a session of its own, so that Ctrl-C reaches only us; wait until it lives."""
    for name, text in (("postgresql.conf", settings(changed)), ("pg_hba.conf", ACCESS)):
        embedded_place.write_private(place.cluster / name, text)
        account.give(place.cluster / name)
    socket = embedded_place.socket_folder(place, account)
    if _log(place).exists():
        _log(place).replace(_log(place).with_suffix(".previous.log"))
    deadline = time.monotonic() + PATIENCE
    while True:
        process = _spawn(programs / "postgres", ["-D", str(place.cluster), "-k", str(socket)], place, account)
        while process.poll() is None and embedded_process.postmaster(place) != process.pid:
            time.sleep(0.01)
        while process.poll() is None and embedded_process.status(place)[1] != "ready":
            time.sleep(0.01)
        if process.returncode is None:
            process.returncode = 0  # it outlives us by design; Popen shall not warn of it
            return
        said = _said(place)
        # Children of a killed server take a moment to notice; until then the server refuses to start beside them.
        if "still in use" not in said or time.monotonic() > deadline:
            raise EmbeddedFault(f"PostgreSQL did not start: {said}")
        time.sleep(0.1)


def _spawn(program: Path, arguments: list[str], place: Place, account: Account) -> subprocess.Popen[bytes]:
    with _log(place).open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our program and our arguments
            [program, *arguments],
            cwd=place.folder,
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            umask=0o077,
            user=account.uid,
            group=account.gid,
            extra_groups=None if account.uid is None else [],
        )


def _log(place: Place) -> Path:
    return Path(place.folder) / "postgres.log"


def _said(place: Place) -> str:
    return _log(place).read_text(errors="replace")[-2000:]


def _bring_up(place: Place, programs: Path, account: Account, changed: Mapping[str, str]) -> str:
    """Start the server if it does not run, and wait until it takes connections; its socket folder.

    A server that was killed a moment ago may still look alive: whatever is seen is tried with a connection.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        if embedded_process.postmaster(place) is None:
            _launch(place, programs, account, changed)
        socket, status = embedded_process.status(place)
        if status == "ready":
            try:
                _ensure_database(place, socket)
            except psycopg2.OperationalError as error:
                if "authentication failed" in str(error):
                    raise EmbeddedFault(
                        "the passwords in postgres.json are not those of the cluster"
                    ) from None
                if time.monotonic() > deadline:
                    raise
            else:
                return socket
        elif time.monotonic() > deadline:
            raise EmbeddedFault("PostgreSQL runs and is not ready; its log is beside the cluster")
        time.sleep(0.01)


def _ensure_database(place: Place, socket: str) -> None:
    """The database and the login role, on the first start."""
    connection = psycopg2.connect(
        host=socket, port=5432, user=OWNER, password=place.owner_password, dbname="postgres"
    )
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (DATABASE,))
            if cursor.fetchone():
                return
            cursor.execute(f"create role {APP} login noinherit password %s", (place.app_password,))
            cursor.execute(f"create database {DATABASE} template template0")
    finally:
        connection.close()


def _stop(place: Place) -> None:
    """Fast shutdown: transactions under way roll back, everything committed is on disk."""
    pid = embedded_process.postmaster(place)
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if embedded_process.postmaster(place) is None:
            return
        time.sleep(0.01)
    raise EmbeddedFault("PostgreSQL did not stop")
