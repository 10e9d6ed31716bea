from collections import Counter

import pytest

from adapters import content
from adapters.source import Source, Translation
from fhir_profiles import validation
from hie.operations.city.city import City

FEEDS = (
    "hospital-a",
    "hospital-b",
    "hospital-c",
    "clinic-csv",
    "clinic-view",
    "disease-control",
    "vaccination",
    "maternity",
)


def translated(city: City, name: str) -> list[Translation]:
    feed = city.feed(name)
    source = Source(
        feed.name, feed.organisation, feed.identifier_system, feed.zone, feed.charset, feed.feed_map
    )
    return [part for message in feed.messages() for part in content.translate(message, source)]


@pytest.mark.parametrize("name", FEEDS)
def test_everything_an_institution_sends_becomes_valid_fhir(city: City, name: str) -> None:
    parts = translated(city, name)
    assert parts
    assert not [part for part in parts if part.refused]
    faults = Counter(
        (resource["resourceType"], issue.expression, issue.text)
        for part in parts
        for resource in part.resources
        for issue in validation.issues(resource)
    )
    assert faults == {}
    assert Counter((issue.expression, issue.text) for part in parts for issue in part.issues) == {}


@pytest.mark.parametrize("name", FEEDS)
def test_no_value_is_unknown_to_the_rules(city: City, name: str) -> None:
    assert Counter(unmapped.path for part in translated(city, name) for unmapped in part.unmapped) == {}


def test_an_outpatient_visit_is_over_and_the_walkers_stay_goes_on(city: City) -> None:
    status: dict[str, str] = {}
    for name in ("hospital-a", "hospital-b", "hospital-c"):
        for part in translated(city, name):
            for resource in part.resources:
                if resource["resourceType"] == "Encounter":
                    status[resource["id"]] = resource["status"]
    assert Counter(status.values()) == {"finished": len(status) - 1, "in-progress": 1}
