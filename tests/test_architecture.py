"""The architecture holds, and each rule fails when it is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import architecture

ROOT = Path(__file__).resolve().parents[1]

RULES = {
    "files hold one idea": architecture.too_long,
    "names say what is inside": architecture.vague_names,
    "one clock": lambda root: architecture.strays(root, "clock"),
    "one commit": lambda root: architecture.strays(root, "commit"),
    "one reader of the environment": lambda root: architecture.strays(root, "environment"),
    "one maker of OperationOutcome responses": architecture.outcome_responses,
    "only the door reads the record": architecture.record_readers,
    "nothing happens at import": architecture.import_time_work,
}

VIOLATIONS = {
    "files hold one idea": ("consent/long.py", "\n" * 301),
    "names say what is inside": ("hie/date_utils.py", ""),
    "one clock": ("hie/late.py", "from datetime import datetime\nx = lambda: datetime.now()\n"),
    "one commit": ("consent/eager.py", "def save(connection):\n    connection.commit()\n"),
    "one reader of the environment": (
        "adapters/sneaky.py",
        "import os\ndef key():\n    return os.environ['K']\n",
    ),
    "one maker of OperationOutcome responses": (
        "hie/api/own.py",
        "from fhir_profiles import outcome\ndef f():\n    return outcome.operation_outcome([])\n",
    ),
    "only the door reads the record": ("hie/peek.py", "from record_store import read\n"),
    "nothing happens at import": (
        "hie/early.py",
        "import socket\nline = socket.create_connection\nline.connect()\n",
    ),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for package in architecture.PACKAGES:
        shutil.copytree(
            ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__", "static")
        )
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


@pytest.mark.parametrize("rule", RULES)
def test_the_tree_keeps_the_rule(rule: str) -> None:
    assert RULES[rule](ROOT) == []


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_names_a_planted_violation(rule: str, copy: Path) -> None:
    name, text = VIOLATIONS[rule]
    planted = copy / name
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text(text)
    try:
        assert any(name in finding for finding in RULES[rule](copy))
    finally:
        planted.unlink()


CONTRACTS = {
    "Imports point down": ("record_store/upward.py", "import consent\n"),
    "Adapters are pure": ("adapters/reaching.py", "import sqlalchemy\n"),
    "The portal sees the record through consent alone": (
        "patient_portal/direct.py",
        "import record_store.inbox\n",
    ),
    "What FHIR means here knows no database": ("fhir_profiles/stored.py", "import psycopg2\n"),
    "The store and consent know no web": ("consent/served.py", "import fastapi\n"),
    "Only the door reads the record": ("hie/direct.py", "import record_store.search\n"),
}


def _contracts(root: Path) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        check=False,
    )
    return done.stdout + done.stderr


def test_import_contracts_name_each_planted_violation(copy: Path) -> None:
    for name, text in CONTRACTS.values():
        (copy / name).write_text(text)
    try:
        report = _contracts(copy)
    finally:
        for name, _ in CONTRACTS.values():
            (copy / name).unlink()
    broken = {line.rsplit(" ", 1)[0] for line in report.splitlines() if line.rstrip().endswith("BROKEN")}
    assert {contract for contract in CONTRACTS if any(line.startswith(contract) for line in broken)} == set(
        CONTRACTS
    )
