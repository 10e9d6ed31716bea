"""Whatever is killed in the middle of a load: every acknowledged message is stored exactly once.

Listener, worker, a database backend and the whole database server die by SIGKILL, twenty times in turn, while senders
keep sending; what died is started again. At the end every control id that got its acknowledgement is in the record.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest

from adapters.hl7v2.framing import frame
from record_store import embedded, sources
from record_store.database import connect_engine, cursor, unit_of_work
from record_store.migrations import migrate
from tests.hie.conftest import HOSPITAL
from tests.hie.messages import adt, oru
from tests.serving import free_port

KILLS = 20
SENDERS = 3
HIE = Path(sys.executable).with_name("hie")


@dataclass
class Deployment:
    """Listener and worker as processes of their own on an embedded database."""

    folder: Path
    port: int
    server: embedded.Server
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HIE_DATA_DIR": str(self.folder),
            "HIE_MLLP_PORT": str(self.port),
            "HIE_THREADS": "4",
        }
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen([HIE, name], env=environment, stderr=log, stdout=log)
        log.close()

    def kill(self, victim: str) -> None:
        if victim == "postgres":
            pid = self.server.pid
            assert pid
            os.kill(pid, signal.SIGKILL)
            self.server.leave()
            self.server = embedded.start(self.folder)
        elif victim == "backend":
            with suppress(psycopg2.Error), psycopg2.connect(self.server.owner_url) as connection:
                asked = connection.cursor()
                asked.execute(
                    "select pid from pg_stat_activity where application_name = 'hie' order by random() limit 1"
                )
                for (pid,) in asked.fetchall():
                    os.kill(pid, signal.SIGKILL)
        else:
            self.processes[victim].kill()
            self.processes[victim].wait()
            self.start(victim)

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(30)
        self.server.leave()
        embedded.remove(self.folder)


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    server = embedded.start(tmp_path)
    migrate(server.owner_url)
    with unit_of_work(connect_engine(server.app_url)) as connection:
        sources.register(cursor(connection), HOSPITAL)
    made = Deployment(tmp_path, free_port(), server)
    for name in ("listen", "work"):
        made.start(name)
    yield made
    made.stop()


class Sender(threading.Thread):
    """One hospital connection that sends one message after the other and repeats what got no answer."""

    def __init__(self, number: int, port: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.number, self.port, self.stop = number, port, stop
        self.acknowledged: list[str] = []

    def run(self) -> None:
        sent = 0
        while not self.stop.is_set():
            sent += 1
            patient = self.number * 1000 + sent % 20
            control = f"S{self.number}-{sent}"
            message = adt(patient, control) if sent <= 20 else oru(patient, control)
            while not self.stop.is_set() and not self._send(message, control):
                time.sleep(0.1)

    def _send(self, message: bytes, control: str) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as line:
                line.settimeout(5)
                line.sendall(frame(message))
                answer = b""
                while b"\x1c\r" not in answer:
                    part = line.recv(4096)
                    if not part:
                        return False
                    answer += part
        except OSError:
            return False
        if b"MSA|AA|" + control.encode() not in answer:
            return False
        self.acknowledged.append(control)
        return True


def test_every_acknowledged_message_is_stored_exactly_once(deployment: Deployment) -> None:
    stop = threading.Event()
    senders = [Sender(number, deployment.port, stop) for number in range(1, SENDERS + 1)]
    for sender in senders:
        sender.start()
    chance = random.Random(7)
    victims = ["listen", "work", "backend", "postgres"] * (KILLS // 4)
    chance.shuffle(victims)
    for victim in victims:
        time.sleep(chance.uniform(0.2, 0.8))
        deployment.kill(victim)
    time.sleep(1.0)
    stop.set()
    for sender in senders:
        sender.join(20)
    acknowledged = [control for sender in senders for control in sender.acknowledged]
    assert len(acknowledged) > 100
    assert len(set(acknowledged)) == len(acknowledged)
    _wait_until_worked_off(deployment)

    with psycopg2.connect(deployment.server.owner_url) as connection:
        asked = connection.cursor()
        asked.execute("select control_id, count(*), min(state), max(state) from inbox group by 1")
        kept = {row[0]: row[1:] for row in asked.fetchall()}
        assert {control for control in acknowledged if kept.get(control) != (1, "done", "done")} == set()
        asked.execute(
            "select r.message, count(*) from resource r join resource_type t on t.number = r.type"
            " where t.name = 'Observation' group by 1 having count(*) <> 1"
        )
        assert asked.fetchall() == []
        results = sum(1 for control in kept if int(control.partition("-")[2]) > 20)
        asked.execute(
            "select count(*) from resource r join resource_type t on t.number = r.type where t.name = 'Observation'"
        )
        assert asked.fetchone() == (results,)


def _wait_until_worked_off(deployment: Deployment, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(psycopg2.Error), psycopg2.connect(deployment.server.owner_url) as connection:
            asked = connection.cursor()
            asked.execute("select count(*) from inbox where state = 'waiting'")
            if asked.fetchone() == (0,):
                return
        time.sleep(0.3)
    raise AssertionError("messages are still waiting")
