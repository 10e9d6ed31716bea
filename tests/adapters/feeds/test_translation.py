"""What a table-driven feed promises: bad rows alone are refused, nothing is dropped silently, ids follow the house rule."""

from typing import Any

import pytest

from adapters import feeds
from adapters.feeds.feed_map import compiled
from adapters.source import Translation, Unmapped
from fhir_profiles import ids
from tests.adapters.feeds.samples import SOURCE

MAP: dict[str, Any] = {
    "name": "little",
    "reader": {"kind": "csv"},
    "codes": {"way": {"system": "urn:way", "1": "walking", "on foot": "=1"}},
    "table": [
        {
            "name": "visit",
            "columns": ["id", "who", "day"],
            "patient": "who",
            "ignore": {"batch": "the sender's own"},
            "resource": [
                {"type": "Patient", "elements": {"identifier": [{"as": "identifier", "from": "who"}]}},
                {
                    "type": "Encounter",
                    "key": "id",
                    "elements": {
                        "status": "=finished",
                        "class": {"code": "=AMB"},
                        "subject": "@patient",
                        "type": [{"as": "concept", "from": "way", "map": "way"}],
                        "period": {"as": "period", "from": "day", "required": True},
                    },
                },
            ],
        }
    ],
}


def translated(text: str) -> list[Translation]:
    return feeds.translate(text.encode(), SOURCE, compiled(MAP, "little"))


def test_rows_are_grouped_by_patient_and_a_bad_row_is_refused_alone() -> None:
    made = translated("id,who,day\n1,A,2026-01-02\n2,B,not a day\n3,A,2026-01-03\n4,B,2026-01-04\n")
    good = {
        part.patient_key: [r["resourceType"] for r in part.resources] for part in made if not part.refused
    }
    assert good == {"A": ["Patient", "Encounter", "Encounter"], "B": ["Patient", "Encounter"]}
    (bad,) = [part for part in made if part.refused]
    assert bad.patient_key == "B"
    assert bad.issues[0].reason == "required"
    assert bad.issues[0].text.startswith("line 3:")


def test_ids_follow_from_source_type_and_key_in_the_home_of_the_patient() -> None:
    (made,) = translated("id,who,day\n1,A,2026-01-02\n")
    home = ids.hashed_bucket(SOURCE.name, "A")
    assert [resource["id"] for resource in made.resources] == [
        str(ids.fed(home, SOURCE.name, "Patient", "A")),
        str(ids.fed(home, SOURCE.name, "Encounter", "1")),
    ]
    assert made.resources[1]["subject"] == {"reference": f"Patient/{made.resources[0]['id']}"}


def test_unknown_columns_and_codes_are_listed_and_their_words_kept() -> None:
    (made,) = translated("id,who,day,way,colour,batch\n1,A,2026-01-02,flying,red,77\n")
    assert set(made.unmapped) == {Unmapped("colour", "red"), Unmapped("way", "flying")}
    assert made.resources[1]["type"] == [{"text": "flying"}]
    assert [issue.reason for issue in made.issues] == ["unmapped-value"]
    assert all("flying" not in issue.text for issue in made.issues)


def test_a_word_that_points_to_a_code_means_the_code() -> None:
    (made,) = translated("id,who,day,way\n1,A,2026-01-02,On Foot\n")
    assert made.resources[1]["type"] == [
        {"coding": [{"system": "urn:way", "code": "1", "display": "walking"}], "text": "walking"}
    ]


def test_the_later_row_about_the_same_thing_wins() -> None:
    (made,) = translated("id,who,day\n1,A,2026-01-02\n1,A,2026-01-09\n")
    assert [resource["period"]["start"] for resource in made.resources[1:]] == ["2026-01-09"]


def test_rows_of_a_view_become_what_the_file_becomes() -> None:
    record = {"id": 1, "who": "A", "day": "2026-01-02", "way": None}
    (row,) = feeds.rows([record], SOURCE, compiled(MAP, "little"), table="visit")
    (file,) = translated("id,who,day,way\n1,A,2026-01-02,\n")
    assert row.resources == file.resources


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("", "empty"),
        ("id,who,day\n", "empty"),
        ("a,b\n1,2\n", "unknown-table"),
        ("id,who,day\n1,,2026-01-02\n", "patient-key"),
        ('id,who,day\n1,A,"2026' + "x" * 1_100_000, "csv"),
    ],
)
def test_what_cant_be_read_is_refused_with_its_reason(payload: str, reason: str) -> None:
    made = translated(payload)
    assert [part.refused for part in made] == [True]
    assert made[0].issues[0].reason == reason


def test_what_stands_for_nothing_is_nothing_and_nobodys_number() -> None:
    spec = {**MAP, "reader": {"kind": "csv", "nulls": ["无"]}}
    made = feeds.translate(
        "id,who,day,way\n1,A,2026-01-02,无\n2,NA,2026-01-02,\n".encode(), SOURCE, compiled(spec, "little")
    )
    assert [(part.patient_key, part.refused, part.unmapped) for part in made] == [
        ("A", False, []),
        ("NA", True, []),
    ]


def test_fields_past_the_header_are_listed() -> None:
    (made,) = translated("id,who,day\n1,A,2026-01-02,surplus\n")
    assert made.unmapped == [Unmapped("+1", "surplus")]


def test_a_table_that_is_dropped_says_why() -> None:
    spec = {
        "reader": {"kind": "csv"},
        "table": [{"name": "money", "patient": "who", "drop": "Billing goes elsewhere."}],
    }
    (made,) = feeds.translate(b"who,amount\nA,5\n", SOURCE, compiled(spec, "money"))
    assert not made.refused
    assert made.resources == []
    assert [issue.text for issue in made.issues] == ["Billing goes elsewhere."]
