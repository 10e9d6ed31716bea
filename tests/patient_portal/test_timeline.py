"""A record is read by visits, newest first, each thing with its institution."""

import json
from typing import Any

from patient_portal.timeline import visits

SOURCES = {"urn:hie:source:a": "医院甲", "urn:hie:source:b": "医院乙"}


def body(kind: str, identity: str, source: str, **more: Any) -> bytes:
    return json.dumps(
        {"resourceType": kind, "id": identity, "meta": {"source": f"urn:hie:source:{source}"}} | more
    ).encode()


def test_results_stand_under_their_visit_and_visits_are_newest_first() -> None:
    shown = visits(
        [
            body(
                "Encounter",
                "old",
                "a",
                period={"start": "2025-01-01T08:00:00+08:00"},
                **{"class": {"code": "AMB"}},
            ),
            body(
                "Encounter",
                "new",
                "b",
                period={"start": "2026-01-01T08:00:00+08:00"},
                **{"class": {"code": "IMP"}},
            ),
            body(
                "Observation",
                "o",
                "a",
                encounter={"reference": "Encounter/old"},
                code={"text": "血糖"},
                effectiveDateTime="2025-01-01",
                valueQuantity={"value": 5.60, "unit": "mmol/L"},
                referenceRange=[{"low": {"value": 3.9}, "high": {"value": 6.1}}],
            ),
        ],
        SOURCES,
    )
    assert [(visit.encounter, visit.place, visit.kind) for visit in shown] == [
        ("Encounter/new", "医院乙", "class:IMP"),
        ("Encounter/old", "医院甲", "class:AMB"),
    ]
    (item,) = shown[1].items
    assert (item.name, item.value, item.range) == ("血糖", "5.6 mmol/L", "3.9–6.1")


def test_what_has_no_visit_is_gathered_by_day_and_institution() -> None:
    shown = visits(
        [
            body("Immunization", "i", "a", vaccineCode={"text": "流感疫苗"}, occurrenceDateTime="2025-10-01"),
            body("Immunization", "j", "b", vaccineCode={"text": "乙肝疫苗"}, occurrenceDateTime="2025-10-01"),
        ],
        SOURCES,
    )
    assert sorted((visit.date, visit.place, len(visit.items)) for visit in shown) == [
        ("2025-10-01", "医院乙", 1),
        ("2025-10-01", "医院甲", 1),
    ]


def test_what_has_no_date_comes_last() -> None:
    shown = visits(
        [
            body("Condition", "c", "a", code={"text": "高血压"}),
            body("Condition", "d", "a", code={"text": "糖尿病"}, recordedDate="2020-01-01"),
        ],
        SOURCES,
    )
    assert [visit.date for visit in shown] == ["2020-01-01", ""]
