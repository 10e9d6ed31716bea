"""A small demonstration city, started once by its own command, for all tests that walk through it or attack it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving import free_port

HIE = Path(sys.executable).with_name("hie")


@dataclass(frozen=True)
class City:
    """The running city: `told` is its demo.json, `said` what its command printed."""

    folder: Path
    told: dict[str, Any]
    said: Path

    @property
    def base(self) -> str:
        return str(self.told["base_url"])

    def card(self, name: str) -> dict[str, Any]:
        """A card of the cast."""
        return next(card for card in self.told["cards"] if card["name"] == name)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command of ours on this city."""
        return subprocess.run(
            [HIE, *command, "--data-dir", str(self.folder)], capture_output=True, text=True, check=False
        )

    def token(self, role: str, *options: str) -> str:
        """A bearer token of a role."""
        done = self.run("token", "--role", role, *options)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def client(self, role: str, *options: str) -> httpx.Client:
        """The FHIR API with a token of a role."""
        headers = {
            "Authorization": f"Bearer {self.token(role, *options)}",
            "Accept": "application/fhir+json",
        }
        return httpx.Client(base_url=self.told["fhir_base"], headers=headers, timeout=30)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The one running city of a session."""
    room = tmp_path_factory.mktemp("city")
    folder = room / "data"
    port, mllp_port = free_port(), free_port()
    command = [HIE, "demo", "--data-dir", folder, "--port", port, "--mllp-port", mllp_port, "--residents", 24]
    said = room / "demo.out"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [str(part) for part in (*command, "--seed", 11, "--no-browser")],
            stdout=log,
            stderr=log,
            env=dict(os.environ),
        )
    try:
        _await(folder / "demo.json", process, said)
        yield City(folder, json.loads((folder / "demo.json").read_text()), said)
    finally:
        process.terminate()
        process.wait(60)


def _await(file: Path, process: "subprocess.Popen[bytes]", log: Path, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not file.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(log.read_text()[-2000:])
        time.sleep(0.2)
