"""`hie residents`: what people who tend the index type, and what they are told."""

import csv
import json
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from typer.testing import CliRunner, Result

from fhir_profiles import ids, instant
from fhir_profiles.identifier_systems import CITIZEN_ID
from hie.commands.residents import app
from hie.wiring import exchange_of
from record_store.database import cursor, unit_of_work
from record_store.resident_index import identify
from tests.conftest import Database

NUMBER = "370200198202126121"


class Deployment:
    """A data folder and a database, with some patients in it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--data-dir", str(self.folder)], env={"COLUMNS": "300"})

    def tell(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.output

    def place(self, key: str, name: str, **more: Any) -> tuple[str, int]:
        """Patient id and resident of a patient that arrives now."""
        identity = str(ids.fed(ids.hashed_bucket("H01", key), "H01", "Patient", key))
        patient = {
            "resourceType": "Patient",
            "id": identity,
            "name": [{"text": name}],
            "birthDate": "1982-02-12",
        }
        with exchange_of(self.folder) as exchange, unit_of_work(exchange.engine, "hie_writer") as connection:
            secret = exchange.key("resident-index")
            found = identify(cursor(connection), [patient | more], 1, instant.now(), secret=secret)
        return identity, found[identity]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.database.owner_url)
        with connection.cursor() as cur:
            cur.execute(statement)
            found = cur.fetchall()
        connection.close()
        return found


@pytest.fixture
def deployment(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setenv("HIE_DATABASE_URL", database.url)
    return Deployment(database, tmp_path)


def numbered(number: str) -> list[dict[str, str]]:
    return [{"system": CITIZEN_ID, "value": number}]


def test_a_merge_is_shown_and_taken_back(deployment: Deployment) -> None:
    _, one = deployment.place("1", "王秀兰", identifier=numbered(NUMBER))
    patient, other = deployment.place("2", "李雷")
    identity = deployment.tell("merge", str(one), str(other)).strip()
    shown = deployment.tell("show", patient)
    assert f"resident {one} active" in shown
    assert f"merge {identity} {other} into {one} decided operator:" in shown
    assert "王秀兰" not in shown
    deployment.tell("unmerge", identity)
    assert f"resident {other} active" in deployment.tell("show", patient)
    assert "undone" in deployment.tell("show", str(one))


def test_every_change_and_every_revealed_name_is_in_the_trace(deployment: Deployment) -> None:
    _, one = deployment.place("1", "王秀兰", identifier=numbered(NUMBER))
    patient, other = deployment.place("2", "李雷")
    assert "王 秀兰 1982-02-12" in deployment.tell("show", str(one), "--reveal")
    deployment.tell("link", patient, str(one))
    fresh = int(deployment.tell("unlink", patient))
    assert fresh != one
    traced = deployment.rows("select interaction, resident, residents from audit_event order by id")
    assert traced == [
        ("residents-show", one, None),
        ("residents-link", 0, sorted((one, other))),
        ("residents-unlink", 0, sorted((one, fresh))),
    ]


def test_doubts_are_listed_with_their_evidence_and_decided(deployment: Deployment) -> None:
    phone = [{"system": "phone", "value": "13800531234"}]
    for key in ("1", "3"):
        deployment.place(key, "欧阳秀媛" if key == "1" else "司马光远", telecom=phone)
    for key in ("2", "4"):
        deployment.place(key, "欧阳秀媛" if key == "2" else "司马光远")
    told = deployment.tell("review", "list", "--reveal")
    assert "likely: much agrees" in told
    assert "bits: name:same birth:same" in told
    assert told.count("欧阳 秀媛") == 2
    first, second = (str(row[0]) for row in deployment.rows("select id from review order by id"))
    deployment.tell("review", "accept", first)
    deployment.tell("review", "reject", second)
    assert deployment.tell("review", "list") == ""
    assert deployment.rows("select state from review order by id") == [("accepted",), ("rejected",)]
    assert "         3 residents" in deployment.tell("status")


def test_an_identifier_finds_the_resident(deployment: Deployment) -> None:
    _, one = deployment.place("1", "王秀兰", identifier=numbered(NUMBER))
    assert deployment.tell("find", "--identifier", NUMBER) == f"{one}\n"
    assert deployment.tell("find", "--identifier", f"{CITIZEN_ID}|{NUMBER}") == f"{one}\n"
    assert deployment.tell("find", "--identifier", "370200198202126148") == ""


def test_the_residents_of_a_systems_identifiers_are_written_and_traced(
    deployment: Deployment, tmp_path: Path
) -> None:
    def record(value: str) -> dict[str, str]:
        return {"system": "urn:x-match:record", "value": value}

    _, one = deployment.place("1", "王秀兰", identifier=[*numbered(NUMBER), record("rec-1")])
    deployment.place("2", "王秀兰", identifier=[*numbered(NUMBER), record("rec-2")])
    _, other = deployment.place("3", "李雷", identifier=[record("rec-3")])
    out = tmp_path / "found.csv"
    told = deployment.tell("export", "--system", "urn:x-match:record", "--out", str(out))
    assert "3 records, 2 residents" in told
    found = {row["record_id"]: int(row["cluster_id"]) for row in csv.DictReader(out.read_text().splitlines())}
    assert found == {"rec-1": one, "rec-2": one, "rec-3": other}
    traced = deployment.rows("select interaction, residents, count from audit_event")
    assert traced == [("residents-export", sorted((one, other)), 3)]


def test_a_number_can_be_typed_where_no_history_keeps_it(deployment: Deployment) -> None:
    _, one = deployment.place("1", "王秀兰", identifier=numbered(NUMBER))
    result = CliRunner().invoke(app, ["find", "--data-dir", str(deployment.folder)], input=f"{NUMBER}\n")
    assert result.output.splitlines()[-1] == str(one)
    assert NUMBER not in result.output


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("show", "12"), "No resident has this id."),
        (("show", "nobody"), "Name a resident's number or the id of a Patient."),
        (("merge", "1", "2"), "No resident has this id."),
        (("unmerge", "00000000-0000-4000-8000-000000000000"), "No merge has this id."),
        (("review", "accept", "7"), "The review queue has no item with this id."),
        (("unlink", "00000000-0000-4000-8000-000000000000"), "The index has no Patient with this id."),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    deployment: Deployment, arguments: tuple[str, ...], cause: str
) -> None:
    result = deployment.run(*arguments)
    assert (result.exit_code, result.output.strip()) == (1, cause)


def test_a_file_of_people_is_clustered_without_a_database(tmp_path: Path) -> None:
    sample, out = tmp_path / "people.csv", tmp_path / "found.csv"
    sample.write_text(
        "record_id,true_id,name,sex,birth_date,national_id,card_no,phone,address\n"
        f"a,P1,王秀兰,F,1982-02-12,{NUMBER},,,\n"
        f"b,P1,Wang Xiulan,F,1982-02-12,{NUMBER[:6]}{NUMBER[8:17]},,,\n"
        "c,P2,李雷,M,19820212,,,13800531234,\n",
        encoding="utf-8",
    )
    result = CliRunner().invoke(app, ["score", str(sample), "--out", str(out)])
    assert result.exit_code == 0, result.output
    found = {row["record_id"]: row["cluster_id"] for row in csv.DictReader(out.read_text().splitlines())}
    assert found["a"] == found["b"] != found["c"]
    assert "3 records, 2 residents" in result.output


def test_fhir_patients_are_clustered_alike(tmp_path: Path) -> None:
    sample, out = tmp_path / "people.ndjson", tmp_path / "found.csv"
    record = {"system": "urn:x-match:record"}
    patients = [
        {"resourceType": "Patient", "identifier": [record | {"value": key}, *numbered(NUMBER)]}
        for key in ("a", "b")
    ]
    sample.write_text("\n".join(map(json.dumps, patients)), encoding="utf-8")
    assert CliRunner().invoke(app, ["score", str(sample), "--out", str(out)]).exit_code == 0
    assert len({row["cluster_id"] for row in csv.DictReader(out.read_text().splitlines())}) == 1


def test_census_columns_are_understood(tmp_path: Path) -> None:
    sample, out = tmp_path / "people.csv", tmp_path / "found.csv"
    sample.write_text(
        "record_id,true_id,ssn,first_name,middle_initial,last_name,date_of_birth,sex,street_number,street_name,zipcode\n"
        "a,P1,786-77-6454,Evelyn,N,Sorrell,19191204,Female,12,main street,35274\n"
        "b,P1,,Evelyn,Nancy,Sorell,12041919,Female,12,main st,35274\n"
        "c,P2,786-77-9999,Evelin,,Sorrell,12/04/1950,Female,12,main st,35274\n",
        encoding="utf-8",
    )
    assert CliRunner().invoke(app, ["score", str(sample), "--out", str(out)]).exit_code == 0
    found = {row["record_id"]: row["cluster_id"] for row in csv.DictReader(out.read_text().splitlines())}
    assert found["a"] == found["b"] != found["c"]


def test_a_file_without_record_ids_is_misuse(tmp_path: Path) -> None:
    sample = tmp_path / "people.csv"
    sample.write_text("name\n王秀兰\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["score", str(sample), "--out", str(tmp_path / "found.csv")])
    assert result.exit_code == 2
    assert "record_id" in result.output
