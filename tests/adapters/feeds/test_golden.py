"""The demo city's feeds become exactly the FHIR that lies beside each sample, and all of it is valid R4."""

from pathlib import Path

import pytest

from adapters import feeds
from fhir_profiles.resources import dumps, loads
from fhir_profiles.validation import issues
from tests.adapters.feeds.samples import SOURCE, samples


@pytest.mark.parametrize(("name", "path"), samples(), ids=lambda value: getattr(value, "name", value))
def test_a_sample_becomes_the_expected_resources(name: str, path: Path) -> None:
    made = feeds.translate(path.read_bytes(), SOURCE, feeds.shipped(name))
    wanted = loads(path.with_name(path.name + ".json").read_bytes())
    assert loads(dumps([part.resources for part in made])) == wanted


@pytest.mark.parametrize(("name", "path"), samples(), ids=lambda value: getattr(value, "name", value))
def test_a_sample_is_complete_valid_and_recognised_without_a_map(name: str, path: Path) -> None:
    made = feeds.translate(path.read_bytes(), SOURCE, feeds.shipped(name))
    assert made
    assert not any(part.refused or part.unmapped or part.issues for part in made)
    assert [fault for part in made for resource in part.resources for fault in issues(resource)] == []
    guessed = feeds.guess(path.read_bytes(), SOURCE)
    assert guessed is not None
    assert guessed.name == name


@pytest.mark.parametrize(("name", "path"), samples(), ids=lambda value: getattr(value, "name", value))
def test_the_same_file_twice_gives_the_same_ids_and_traces_every_resource(name: str, path: Path) -> None:
    first, second = (feeds.translate(path.read_bytes(), SOURCE, feeds.shipped(name)) for _ in range(2))
    assert first == second
    for part in first:
        assert {f"{r['resourceType']}/{r['id']}" for r in part.resources} == part.rules.keys()
        assert all(part.rules.values())


def test_every_shipped_map_compiles_and_names_itself() -> None:
    assert len(feeds.names()) >= 11
    for name in feeds.names():
        assert feeds.shipped(name).name == name
