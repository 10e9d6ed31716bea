"""`hie audit` as operators type it."""

from pathlib import Path

import psycopg2
import pytest
from typer.testing import CliRunner

from consent import audit
from consent.audit_seal import Sealer
from fhir_profiles import instant
from hie.cli import app
from record_store.database import cursor, unit_of_work
from tests.conftest import Database
from tests.consent.conftest import clinician


@pytest.fixture
def deployment(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HIE_DATABASE_URL", database.url)
    with unit_of_work(database.engine) as connection:
        for target in ("one", "two", "three"):
            looked = audit.line(
                clinician(), instant.now(), "R", "read", resident=7, target=target, type_name="Condition"
            )
            audit.record(cursor(connection), looked)
    Sealer(database.engine, tmp_path / "audit").seal()
    return tmp_path


def test_an_untouched_trace_verifies_and_a_touched_row_is_named(deployment: Path, database: Database) -> None:
    run = CliRunner()
    fine = run.invoke(app, ["audit", "verify", "--data-dir", str(deployment)])
    with psycopg2.connect(database.owner_url) as connection, connection.cursor() as owner:
        owner.execute("update audit_event set target = 'other' where id = 2")
    connection.close()
    touched = run.invoke(app, ["audit", "verify", "--data-dir", str(deployment)])
    assert (fine.exit_code, "3 lines in 1 seals" in fine.output) == (0, True)
    assert touched.exit_code == 1
    assert "row-changed: Line 2 was changed" in touched.output


def test_the_last_lines_can_be_read(deployment: Path) -> None:
    shown = CliRunner().invoke(app, ["audit", "list", "--data-dir", str(deployment), "--resident", "7"])
    assert shown.exit_code == 0
    assert shown.output.count("read Condition") == 3
    assert (
        CliRunner()
        .invoke(app, ["audit", "list", "--data-dir", str(deployment), "--refused"])
        .output.count("read Condition")
        == 0
    )
