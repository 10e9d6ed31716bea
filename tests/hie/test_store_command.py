"""`hie store` shows, trains and takes along, and every look is in the trace."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from fhir_profiles.resources import loads
from hie.cli import app
from tests.conftest import Database
from tests.record_store.drafts import draft, identity, observation, rows, store


@pytest.fixture
def hie(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    monkeypatch.setenv("HIE_DATABASE_URL", database.url)
    monkeypatch.setenv("HIE_OWNER_DATABASE_URL", database.owner_url)
    monkeypatch.setenv("HIE_DATA_DIR", str(tmp_path))
    store(database, *(draft(observation(number, value=str(number))) for number in range(1, 301)))
    return CliRunner()


def test_cat_prints_the_resource_and_writes_the_trace(hie: CliRunner, database: Database) -> None:
    done = hie.invoke(app, ["store", "cat", f"Observation/{identity(3)}", "--reason", "ticket 7"])
    assert done.exit_code == 0, done.output
    assert loads(done.output)["valueQuantity"]["value"] == 3
    assert rows(database, "select interaction, reason, target from audit_event") == [
        ("store-cat", "ticket 7", identity(3))
    ]


def test_cat_wants_a_reason(hie: CliRunner, database: Database) -> None:
    done = hie.invoke(app, ["store", "cat", f"Observation/{identity(3)}"])
    assert done.exit_code == 2
    assert "reason" in done.output
    assert rows(database, "select count(*) from audit_event") == [(0,)]


def test_dump_takes_everything_along_as_plain_fhir(
    hie: CliRunner, database: Database, tmp_path: Path
) -> None:
    out = tmp_path / "all.ndjson"
    done = hie.invoke(app, ["store", "dump", str(out), "--reason", "moving"])
    assert done.exit_code == 0, done.output
    assert [loads(line)["resourceType"] for line in out.read_bytes().splitlines()] == ["Observation"] * 300
    assert out.stat().st_mode & 0o077 == 0
    assert rows(database, "select interaction from audit_event") == [("store-dump",)]


def test_train_learns_what_pays(hie: CliRunner, database: Database) -> None:
    done = hie.invoke(app, ["store", "train"])
    assert done.exit_code == 0, done.output
    assert rows(
        database, "select count(*) from dictionary where type = (select type from resource limit 1)"
    ) == [(2,)]


def test_reindex_goes_over_everything(hie: CliRunner, database: Database) -> None:
    before = rows(database, "select id, code, tokens, links from resource order by id")
    rows(database, "update resource set code = null, tokens = null returning 1")
    done = hie.invoke(app, ["store", "reindex"])
    assert done.exit_code == 0, done.output
    assert "300 resources" in done.output
    assert rows(database, "select id, code, tokens, links from resource order by id") == before


def test_release_lets_go_of_the_old_feed(hie: CliRunner, database: Database) -> None:
    assert "0 feed entries, 0 originals" in hie.invoke(app, ["store", "release", "--changes", "36500"]).output
    done = hie.invoke(app, ["store", "release", "--changes", "0"])
    assert "300 feed entries, 0 originals" in done.output
    assert rows(database, "select count(*) from resource") == [(300,)]


def test_provenance_lists_the_versions(hie: CliRunner, database: Database) -> None:
    store(database, draft(observation(1, value="9")))
    done = hie.invoke(app, ["store", "provenance", f"Observation/{identity(1)}"])
    assert done.exit_code == 0, done.output
    assert len(done.output.strip().splitlines()) == 3


def test_migrate_is_harmless_when_nothing_is_to_do(hie: CliRunner) -> None:
    assert hie.invoke(app, ["store", "migrate"]).exit_code == 0
