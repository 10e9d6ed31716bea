"""Brokers of the tests' own, on loopback and free ports; never the packaged services."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.serving import free_port

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A Redis server; gives its URL."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed; make system installs it")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    yield from _running(command, port, f"redis://127.0.0.1:{port}/0", folder, {})


@contextmanager
def rabbitmq(folder: Path) -> Iterator[str]:
    """A RabbitMQ node with a port mapper of its own; gives its URL."""
    if not RABBITMQ.exists():
        pytest.skip("rabbitmq-server is not installed; make system installs it")
    port, mapper = free_port(), free_port()
    environment = {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"hie{port}@localhost",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        "ERL_EPMD_PORT": str(mapper),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    try:
        yield from _running(
            [str(RABBITMQ)], port, f"amqp://guest:guest@127.0.0.1:{port}//", folder, environment
        )
    finally:
        subprocess.run(["epmd", "-port", str(mapper), "-kill"], capture_output=True, check=False)


def _running(
    command: list[str], port: int, url: str, folder: Path, environment: dict[str, str]
) -> Iterator[str]:
    with (folder / "broker.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=os.environ | environment, start_new_session=True
        )
    try:
        _await(port, process)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await(port: int, process: "subprocess.Popen[bytes]", seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError("the broker ended at once")
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the broker did not start")
