"""The exchange Patient: what the exchange says of a resident whose sources disagree."""

import itertools
from typing import Any

import pytest

from fhir_profiles.identifier_systems import CITIZEN_ID, HEALTH_CARD
from fhir_profiles.validation import issues
from record_store.exchange_patient import EXCHANGE_TAG, exchange_id, exchange_patient, retired_patient

NUMBER = "370200198202126121"
IDS = [f"0000000{n}-0000-8007-8000-00000000000{n}" for n in range(6)]


def source(n: int, updated: str = "", **more: Any) -> dict[str, Any]:
    """A source's Patient; `updated` is a day of 2026 (`03-01`)."""
    meta = {"meta": {"lastUpdated": f"2026-{updated}T00:00:00.000Z"}} if updated else {}
    number = [{"system": CITIZEN_ID, "value": more.pop("number")}] if "number" in more else []
    return {"resourceType": "Patient", "id": IDS[n], **meta, "identifier": number} | more


def made(*patients: dict[str, Any]) -> dict[str, Any]:
    """The exchange Patient, which is valid and does not depend on the order of its sources."""
    results = [exchange_patient(77, order, bucket=7) for order in itertools.permutations(patients)]
    assert all(result == results[0] for result in results)
    assert issues(results[0]) == []
    return results[0]


def test_it_is_tagged_active_and_linked_to_every_source() -> None:
    found = made(source(1), source(2))
    assert found == {
        "resourceType": "Patient",
        "id": exchange_id(77, 7),
        "meta": {"tag": [EXCHANGE_TAG]},
        "active": True,
        "link": [{"other": {"reference": f"Patient/{IDS[n]}"}, "type": "seealso"} for n in (1, 2)],
    }
    assert found["id"][15:18] == "007"


def test_valid_numbers_and_cards_identify_it_and_source_numbers_do_not() -> None:
    cards = [{"system": HEALTH_CARD, "value": "A100200300"}, {"system": "urn:hospital", "value": "000123"}]
    found = made(
        source(1, number=NUMBER),
        source(2, number="370200820212612"),
        source(3, number=NUMBER[:-1] + "9"),
        source(4, identifier=cards),
    )
    assert [(i["system"], i["value"]) for i in found["identifier"]] == [
        (CITIZEN_ID, NUMBER),
        (HEALTH_CARD, "A100200300"),
    ]


@pytest.mark.parametrize(
    ("dates", "number", "expected"),
    [
        (["1982-02-12", "1982-12-02", "1982-12-02"], NUMBER, "1982-02-12"),
        (["1982-12-02", "1982-12-02", "1982-02-12"], None, "1982-12-02"),
        (["1982", "1982", "1982-02-12"], None, "1982-02-12"),
        (["2026-11-01"], NUMBER, "2026-11-01"),
        ([], NUMBER, "1982-02-12"),
        ([], None, None),
    ],
    ids=[
        "the number confirms one",
        "most say so",
        "the more precise",
        "a newborn under its mother's",
        "the number alone",
        "unknown",
    ],
)
def test_the_birth_date_is(dates: list[str], number: str | None, expected: str | None) -> None:
    patients = [source(n, birthDate=date) for n, date in enumerate(dates)]
    patients += [source(5, number=number)] if number else []
    assert made(*(patients or [source(0)])).get("birthDate") == expected


@pytest.mark.parametrize(
    ("genders", "number", "expected"),
    [
        (["male", "female", "male"], None, "male"),
        (["male", "female", "male"], NUMBER, "female"),
        (["male", "male"], NUMBER, "male"),
        (["unknown", "unknown", "female"], None, "female"),
        (["unknown"], None, "unknown"),
    ],
)
def test_the_sex_is(genders: list[str], number: str | None, expected: str) -> None:
    patients = [source(n, gender=gender) for n, gender in enumerate(genders)]
    patients += [source(5, number=number)] if number else []
    assert made(*patients)["gender"] == expected


def test_a_chinese_name_comes_before_pinyin_and_the_frequent_one_before_others() -> None:
    names = ["Wang Xiulan", "Wang Xiulan", "王秀兰", "王秀岚", "王秀兰"]
    found = made(*(source(n, name=[{"text": name}]) for n, name in enumerate(names)))
    assert found["name"] == [{"text": "王秀兰", "use": "official"}]


def test_former_names_are_kept_as_former() -> None:
    maiden = {"text": "李秀兰", "use": "maiden"}
    found = made(
        source(1, name=[{"text": "王秀兰", "use": "usual"}, maiden]),
        source(2, name=[{"text": "王秀兰", "use": "old"}]),
    )
    assert found["name"] == [{"text": "王秀兰", "use": "official"}, maiden]


def test_the_latest_address_and_phones_come_first() -> None:
    def where(text: str, phone: str) -> dict[str, Any]:
        return {"address": [{"text": text}], "telecom": [{"system": "phone", "value": phone}]}

    found = made(
        source(1, "03-01", **where("青岛市市南区香港中路8号", "13800531234")),
        source(2, "09-01", **where("青岛市黄岛区长江路77号", "13800531235")),
        source(3, "01-01", **where("青岛市市北区台东三路10号", "13800531235")),
    )
    assert found["address"] == [{"text": "青岛市黄岛区长江路77号"}]
    assert [contact["value"] for contact in found["telecom"]] == ["13800531235", "13800531234"]


def test_a_death_that_one_source_knows_is_known() -> None:
    found = made(source(1), source(2, deceasedDateTime="2026-05-06"), source(3, deceasedBoolean=False))
    assert found["deceasedDateTime"] == "2026-05-06"


def test_a_merged_resident_names_its_successor() -> None:
    found = retired_patient(77, 78, bucket=7, survivor_bucket=8)
    assert issues(found) == []
    assert found["id"] == exchange_id(77, 7)
    assert found["active"] is False
    assert found["link"] == [{"other": {"reference": f"Patient/{exchange_id(78, 8)}"}, "type": "replaced-by"}]
