"""The demonstration as somebody runs it: started twice, asked as three kinds of people, a child killed, stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from hie.operations.demo.clients import Registered, token
from tests.serving import free_port

HIE = str(Path(sys.executable).with_name("hie"))
RESIDENTS = 18


@dataclass
class Demo:
    folder: Path
    port: int = field(default_factory=free_port)
    mllp_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> float:
        """Start and wait for demo.json; how many seconds it took."""
        begun = time.monotonic()
        arguments = [
            "--data-dir",
            str(self.folder),
            "--port",
            str(self.port),
            "--mllp-port",
            str(self.mllp_port),
        ]
        output = (self.folder.parent / "demo.log").open("wb")
        self.process = subprocess.Popen(
            [HIE, "demo", *arguments, "--residents", str(RESIDENTS), "--seed", "7", "--no-browser", *more],
            stdout=output,
            stderr=output,
        )
        output.close()
        while not (self.folder / "demo.json").exists():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() - begun < 120, self.said()
            time.sleep(0.05)
        return time.monotonic() - begun

    def stop(self) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)

    def said(self) -> str:
        return (self.folder.parent / "demo.log").read_text()

    def told(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "demo.json").read_text()))

    def get(self, path: str, role: str) -> dict[str, Any]:
        token = subprocess.run(
            [HIE, "token", "--data-dir", str(self.folder), "--role", role],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        address = f"{self.told()['fhir_base']}/{path}"
        answer = httpx.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        return dict(answer.raise_for_status().json())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    parent = tmp_path_factory.mktemp("demonstration")
    for folder in (parent, *parent.parents):
        if folder.owner() == parent.owner() and folder.stat().st_mode & 0o077 == 0:
            folder.chmod(0o711)
    demo = Demo(parent / "data")
    demo.start()
    try:
        yield demo
    finally:
        demo.stop()


def test_the_city_arrives_whole_and_nothing_is_refused(demo: Demo) -> None:
    listed = subprocess.run(
        [HIE, "inbox", "list", "--state", "refused", "--data-dir", str(demo.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "0 were refused" in demo.said()
    assert "turned away" not in demo.said()
    assert "Traceback" not in demo.said() + listed.stdout


def test_it_describes_itself_for_programs(demo: Demo) -> None:
    told = demo.told()
    assert told["base_url"] == f"http://localhost:{demo.port}"
    assert told["fhir_base"] == f"http://localhost:{demo.port}/fhir"
    assert told["mllp"] == {"host": "localhost", "port": demo.mllp_port}
    assert {"soap", "json", "cda", "csv_dir"} <= set(told["doors"])
    assert {"clinician", "authority", "system"} <= set(told["clients"])
    assert all(Path(client["key_file"]).exists() for client in told["clients"].values() if client["key_file"])
    assert all(Path(card["file"]).exists() and card["pin"] and card["resident"] for card in told["cards"])


def test_each_kind_of_person_gets_an_answer(demo: Demo) -> None:
    patient = demo.told()["cards"][0]["resident"]
    for role in ("clinician", "resident", "system"):
        found = demo.get(f"Observation?patient={patient}&code=http://loinc.org|4548-4", role)
        assert found["entry"], role
    cases = demo.get("Condition?_count=50", "authority")
    assert cases["entry"]


@pytest.mark.parametrize(
    ("role", "scope"),
    [("clinician", "user/*.rs"), ("authority", "system/*.rs"), ("system", "system/*.cruds")],
)
def test_a_registered_institution_gets_a_token_for_its_signed_assertion(
    demo: Demo, role: str, scope: str
) -> None:
    told = demo.told()
    client = Registered(told["clients"][role]["client_id"], Path(told["clients"][role]["key_file"]))
    with httpx.Client() as http:
        bearer = token(http, told["base_url"], client, scope)
        answer = http.get(
            f"{told['fhir_base']}/Encounter?_count=1", headers={"Authorization": f"Bearer {bearer}"}
        )
    assert answer.status_code == 200


def test_an_unknown_sender_is_heard_in_the_demonstration(demo: Demo) -> None:
    message = (
        "MSH|^~\\&|THEIRS|NOBODY-KNOWS|||20261124080000||ADT^A04|TRY1|P|2.5.1\r"
        "PID|1||T0001^^^THEIRS^MR||测^试||19900101|F\rPV1|1|O\r"
    )
    answer = httpx.post(f"{demo.told()['doors']['hl7v2']}", content=message.encode())
    assert "MSA|AA|TRY1" in answer.text


def test_health_says_that_all_parts_work(demo: Demo) -> None:
    answer = httpx.get(f"http://localhost:{demo.port}/health/ready")
    assert answer.json()["status"] == "ready"


def test_a_killed_worker_is_started_again(demo: Demo) -> None:
    file = demo.folder / "demo.pids"
    before = json.loads(file.read_text())["work"]
    os.kill(before, signal.SIGKILL)
    end = time.monotonic() + 10
    while json.loads(file.read_text())["work"] == before:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_second_demonstration_is_told_that_the_port_is_taken(demo: Demo, tmp_path: Path) -> None:
    arguments = [
        "--data-dir",
        str(tmp_path / "other"),
        "--port",
        str(demo.port),
        "--mllp-port",
        str(free_port()),
    ]
    refused = subprocess.run(
        [HIE, "demo", *arguments, "--no-browser"], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert f"Port {demo.port} is taken" in refused.stderr
    assert f"hie demo --port {demo.port + 1000}" in refused.stderr


def test_a_second_demonstration_in_the_same_folder_is_told_which_process_holds_it(demo: Demo) -> None:
    arguments = ["--data-dir", str(demo.folder), "--port", str(free_port()), "--mllp-port", str(free_port())]
    refused = subprocess.run(
        [HIE, "demo", *arguments, "--no-browser"], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "A demonstration runs in" in refused.stderr
    assert (demo.folder / "demo.process").read_text() in refused.stderr
    assert (demo.folder / "demo.json").exists()


def test_a_second_start_keeps_the_data_and_ctrl_c_leaves_nothing_behind(demo: Demo) -> None:
    before = demo.told()
    pids = json.loads((demo.folder / "demo.pids").read_text()).values()
    assert demo.stop() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not (demo.folder / "demo.json").exists()
    seconds = demo.start()
    assert demo.told() == before
    assert "Through the doors" not in demo.said()
    assert seconds < 30, "ready in under ten seconds on an idle machine"


def test_a_folder_that_is_no_demonstration_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    refused = subprocess.run(
        [HIE, "demo", "--data-dir", str(tmp_path), "--fresh", "--no-browser"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "no demonstration" in refused.stderr
    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_tokens_are_printed_in_the_demonstration_alone(tmp_path: Path) -> None:
    refused = subprocess.run(
        [HIE, "token", "--role", "system", "--data-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "no demonstration" in refused.stderr
