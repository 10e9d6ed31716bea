"""The API over HTTP: create, read, update, delete; search of one resident; $everything; export."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

from hie.operations.bench.figures import Figure, Timing
from hie.operations.bench.load import Endpoint, Request

EMPTY: Final = "empty request"
_LABORATORY: Final = quote("http://loinc.org|718-7", safe="")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many requests each measurement makes."""

    crud: int = 300
    search: int = 400
    everything: int = 60
    empty: int = 600


def measure(
    api: Endpoint, patients: list[str], copy_out: float, sizes: Sizes, told: Callable[[str], None]
) -> list[Figure]:
    """All figures of the API. `patients` are ids of exchange Patients; `copy_out` rows a second."""
    told("an empty request")
    api.time([Request("GET", "/health/live")] * 50)
    empty = api.time([Request("GET", "/health/live")] * sizes.empty).rate
    figures = [Figure(EMPTY, "requests/s", empty, EMPTY, empty)]
    told("create, read, update, delete")
    figures += [_figure(name, timing, empty) for name, timing in _crud(api, patients, sizes.crud).items()]
    told("search in one record")
    searches = [
        Request("GET", f"/fhir/Observation?patient={patient}&code={_LABORATORY}&_sort=-date&_count=20")
        for patient in _around(patients, sizes.search)
    ]
    figures.append(_figure("search of one resident", api.time(searches), empty))
    told("$everything")
    figures.append(_everything(api, _around(patients, sizes.everything), copy_out))
    told("$export")
    figures.append(_export(api, copy_out))
    return figures


def _figure(name: str, timing: Timing, empty: float) -> Figure:
    return Figure(name, "requests/s", timing.rate, EMPTY, empty, timing.details)


def _around(values: list[str], count: int) -> list[str]:
    return [values[index % len(values)] for index in range(count)]


def _observation(patient: str, number: int) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"2026-01-{number % 28 + 1:02d}T08:00:00+08:00",
        "valueQuantity": {
            "value": 60 + number % 40,
            "unit": "/min",
            "system": "http://unitsofmeasure.org",
            "code": "/min",
        },
    }


def _crud(api: Endpoint, patients: list[str], count: int) -> dict[str, Timing]:
    bodies = [_observation(patient, number) for number, patient in enumerate(_around(patients, count))]
    names = [f"bench-{number}-{time.time_ns()}" for number in range(count)]
    creates = [Request("POST", "/fhir/Observation", json.dumps(body).encode(), 201) for body in bodies]
    makes = [
        Request("PUT", f"/fhir/Observation/{name}", json.dumps(body | {"id": name}).encode(), 201)
        for name, body in zip(names, bodies, strict=True)
    ]
    updates = [
        Request(
            "PUT", f"/fhir/Observation/{name}", json.dumps(body | {"id": name, "status": "amended"}).encode()
        )
        for name, body in zip(names, bodies, strict=True)
    ]
    created = api.time(creates)
    api.time(makes)
    return {
        "create": created,
        "read": api.time([Request("GET", f"/fhir/Observation/{name}") for name in names]),
        "update": api.time(updates),
        "delete": api.time([Request("DELETE", f"/fhir/Observation/{name}", wanted=204) for name in names]),
    }


def _everything(api: Endpoint, patients: list[str], copy_out: float) -> Figure:
    requests = [Request("GET", f"/fhir/Patient/{patient}/$everything?_count=1000") for patient in patients]
    sample = [len(json.loads(api.answer(request)).get("entry", [])) for request in requests[:20]]
    timing = api.time(requests)
    each = sum(sample) / max(len(sample), 1)
    details = timing.details | {"resources_each": each}
    return Figure("$everything", "resources/s", timing.rate * each, "COPY out", copy_out, details)


def _export(api: Endpoint, copy_out: float) -> Figure:
    """Bulk data kick-off, polling, and reading of every file."""
    begun = time.monotonic()
    headers = api.headers | {"Prefer": "respond-async", "Accept": "application/fhir+json"}
    place = Endpoint(api.base_url, headers).location(Request("GET", "/fhir/$export", wanted=202))
    status = urlsplit(place).path
    while (manifest := api.poll(status)) is None:
        time.sleep(0.05)
    lines = sum(api.answer(Request("GET", _path(entry["url"]))).count(b"\n") for entry in manifest["output"])
    elapsed = time.monotonic() - begun
    return Figure(
        "$export",
        "resources/s",
        lines / elapsed,
        "COPY out",
        copy_out,
        {"resources": lines, "seconds": elapsed},
    )


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
