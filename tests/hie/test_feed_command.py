"""`hie feed` as people type it: what goes where, and the exit status."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hie.cli import app
from tests.adapters.feeds.samples import GOLDEN

VISITS = GOLDEN / "clinic-csv" / "visits.csv"


def hie(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["feed", *map(str, words)])


def test_try_writes_one_bundle_a_message_to_standard_output() -> None:
    done = hie("try", VISITS)
    bundles = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.exit_code, len(bundles)) == (0, 3)
    assert {bundle["resourceType"] for bundle in bundles} == {"Bundle"}
    assert bundles[0]["entry"][0]["resource"]["resourceType"] == "Patient"


def test_try_writes_a_file_for_each_file_and_keeps_folders(tmp_path: Path) -> None:
    done = hie(
        "try", "-q", "--out", tmp_path, GOLDEN / "notifiable-card", GOLDEN / "clinic-csv" / "visits.csv"
    )
    assert done.exit_code == 1  # the expected output beside a sample is no feed
    assert done.stdout == ""
    assert json.loads((tmp_path / "card.xml.json").read_text("utf-8"))["resourceType"] == "Bundle"
    visits = json.loads((tmp_path / "visits.csv.json").read_text("utf-8"))
    assert sum(entry["resource"]["resourceType"] == "Patient" for entry in visits["entry"]) == 3


def test_try_tells_refusals_and_unmapped_fields_apart_from_the_fhir(tmp_path: Path) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text("JZLSH,HZID,XM,JZRQ,ZDBM,NEW\n1,A,甲,2026-01-02,I10,x\n2,B,乙,nonsense,I10,\n", "utf-8")
    done = hie("try", odd)
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) == 1
    assert "odd.csv: not mapped: NEW" in done.stderr
    assert "odd.csv: refused: line 3:" in done.stderr
    assert "乙" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("try",),
        ("try", "no-such-file"),
        ("try", "--map", "no-such-map", VISITS),
        ("test", "no-such.toml"),
        ("nonsense",),
    ],
)
def test_misuse_ends_with_two(words: tuple[str | Path, ...]) -> None:
    assert hie(*words).exit_code == 2


def test_list_names_every_shipped_map() -> None:
    done = hie("list")
    assert done.exit_code == 0
    assert {"clinic-csv", "synthea-csv"} <= {line.split()[0] for line in done.stdout.splitlines()}


@pytest.mark.parametrize(
    "sample",
    sorted(
        path for path in GOLDEN.rglob("*.*") if path.suffix in (".csv", ".xml") or path.name == "batch.json"
    ),
    ids=lambda path: path.name,
)
def test_a_scaffold_reads_the_sample_it_was_made_of(tmp_path: Path, sample: Path) -> None:
    done = hie("new", sample, "--name", "mine")
    assert done.exit_code == 0
    written = tmp_path / "mine.toml"
    written.write_text(done.stdout, "utf-8")
    tried = hie("try", "--map", written, sample)
    assert tried.exit_code == 0
    assert '"resourceType":"Patient"' in tried.stdout


def test_a_map_is_tested_against_the_samples_beside_it(tmp_path: Path) -> None:
    written = tmp_path / "mine.toml"
    written.write_text(hie("new", VISITS, "--name", "mine").stdout, "utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "visits.csv").write_bytes(VISITS.read_bytes())
    assert hie("test", written).exit_code == 1
    assert hie("test", written, "--accept").exit_code == 0
    assert hie("test", written).exit_code == 0
    written.write_text(written.read_text("utf-8").replace('"=finished"', '"=planned"'), "utf-8")
    assert hie("test", written).exit_code == 1
