"""A map that can't be used says where it is wrong, before any record is read."""

from pathlib import Path
from typing import Any

import pytest

from adapters import feeds
from adapters.feeds.feed_map import compiled
from fhir_profiles.outcome import Invalid, NotFound


def one(**resource: Any) -> dict[str, Any]:
    return {"reader": {"kind": "csv"}, "table": [{"name": "t", "patient": "p", "resource": [resource]}]}


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({}, "reader.kind"),
        ({"reader": {"kind": "csv"}}, "[[table]]"),
        (one(type="Patienten", key="a"), "Patienten is no FHIR R4 resource type"),
        (one(type="Encounter"), "has no key"),
        (
            one(type="Patient", elements={"birthDate": {"as": "dat", "from": "a"}}),
            "t.Patient.birthDate: there is no function dat",
        ),
        (
            one(type="Patient", elements={"gender": {"as": "code", "from": "a", "map": "sexx"}}),
            "no code map sexx",
        ),
        (one(type="Patient", when='a = "1" and ('), "condition"),
        ({**one(type="Patient"), "codes": {"c": {"x": "=y"}}}, "x points to y"),
    ],
)
def test_a_faulty_map_names_its_fault(written: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid) as caught:
        compiled(written, "faulty")
    assert says in str(caught.value)


def test_a_file_that_is_no_toml_and_a_name_that_is_no_map_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("[[[", encoding="utf-8")
    with pytest.raises(Invalid):
        feeds.load(path)
    with pytest.raises(NotFound):
        feeds.shipped("no-such-map")
