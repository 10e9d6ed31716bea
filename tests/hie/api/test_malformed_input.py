"""Whatever a client sends, the answer is an OperationOutcome that says what is wrong, never a fault of ours."""

import copy
import json
import random
from typing import Any

import pytest

from fhir_profiles import search_parameters
from fhir_profiles.resource_types import NUMBER
from tests.hie.api.conftest import Api, patient, weight

JUNK: list[Any] = [
    None, True, 0, -1, 1.5, "", "x", [], {}, [None], [[]], {"a": 1}, "Patient/1", "urn:uuid:p", {"reference": 5},
    {"reference": "#x"}, "ä" * 50, [{}], ["x"], {"resourceType": "Patient"}, "\u0000", "?", "http://[",
]  # fmt: skip
VALUES = {
    "token": ["a", "http://x|a", "|a", "x|", "|", "a,b", "\\", "x" * 400, "%", "a|b|c", "'; drop", "true"],
    "string": ["a", "王", "%", "_", "\\", "x" * 700, "'", ","],
    "date": ["2024", "ge2024-05", "ap2024", "ne2024-05-06", "9999-12-31", "0001", "2024-13", "2024-05-06T23:59:60Z", "lt0001"],
    "number": ["1", "1e400", "ap0", "1e-400", "0.1e2", "abc", "99999999999999999999"],
    "quantity": ["1", "1|http://unitsofmeasure.org|mg", "1||mg", "ge1|x|", "1|a|b|c", "1e400", "sa5||Cel"],
    "reference": ["Patient/1", "1", "http://x/y", "Patient/", "/", "a/b/c", "Foo/1", "#x", "Patient/a_b"],
    "uri": ["http://a", "urn:x", "a#b", "x" * 500],
    "composite": ["a$b", "a", "$", "a$ge5"],
    "special": ["a"],
}  # fmt: skip
MODIFIERS = [
    *[""] * 8,
    ":missing",
    ":not",
    ":exact",
    ":contains",
    ":Patient",
    ":identifier",
    ":below",
    ":above",
    ":foo",
]
OTHERS = [
    ("_sort", "-date"), ("_sort", "name,_id"), ("_count", "0"), ("_count", "x"), ("_total", "accurate"),
    ("_summary", "true"), ("_summary", "count"), ("_elements", "name,x.y"), ("_include", "*"), ("_revinclude", "*:*"),
    ("_include:iterate", "Patient:link"), ("_revinclude", "Observation:patient"), ("_type", "Patient"),
]  # fmt: skip


def bundle() -> dict[str, Any]:
    binary = {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": "W10="}
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": "urn:uuid:p",
                "resource": patient(managingOrganization={"reference": "Organization/1"}),
                "request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:x|99"},
            },
            {"resource": weight("x", id="fo"), "request": {"method": "PUT", "url": "Observation/fo"}},
            {"request": {"method": "GET", "url": "Patient?name=A&_count=2"}},
            {"request": {"method": "DELETE", "url": "Observation?identifier=zzz", "ifMatch": 'W/"1"'}},
            {"resource": binary, "request": {"method": "PATCH", "url": "Observation/fo"}},
        ],
    }


def mutated(chance: random.Random, value: Any) -> Any:
    """A copy with up to three parts gone or replaced by junk."""
    value = copy.deepcopy(value)
    for _ in range(chance.randint(0, 3)):
        node, places = value, []
        while isinstance(node, dict | list) and node and chance.random() < 0.8:
            key = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
            places.append((node, key))
            node = node[key]
        if places:
            holder, key = places[-1]
            if chance.random() < 0.3:
                holder.pop(key)
            else:
                holder[key] = chance.choice(JUNK)
    return value


def search(chance: random.Random) -> tuple[str, list[tuple[str, str]]]:
    """A search of any type by any parameters with any values, chains and _has among them."""
    type_ = chance.choice(["Patient", "Observation", "Encounter", chance.choice(list(NUMBER))])
    pairs: list[tuple[str, str]] = []
    for _ in range(chance.randint(1, 4)):
        parameters = list(search_parameters.of(type_).values())
        parameter = chance.choice(parameters)
        kind = chance.random()
        if kind < 0.6:
            pairs.append((parameter.name + chance.choice(MODIFIERS), chance.choice(VALUES[parameter.kind])))
        elif kind < 0.75 and (links := [one for one in parameters if one.kind == "reference"]):
            link = chance.choice(links)
            target = chance.choice(link.targets)
            inner = chance.choice(list(search_parameters.of(target).values()))
            name = link.name + chance.choice(["", f":{target}"])
            pairs.append((f"{name}.{inner.name}", chance.choice(VALUES[inner.kind])))
        elif kind < 0.85:
            inner = chance.choice(list(search_parameters.of("Observation").values()))
            pairs.append((f"_has:Observation:subject:{inner.name}", chance.choice(VALUES[inner.kind])))
        else:
            pairs.append(chance.choice(OTHERS))
    return type_, pairs


@pytest.mark.parametrize("seed", range(4))
def test_no_search_is_a_fault(api: Api, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        type_, pairs = search(chance)
        answer = api.get(type_, params=pairs, headers={"Prefer": "handling=lenient"})
        assert answer.status_code in (200, 400, 413), (type_, pairs)


@pytest.mark.parametrize("seed", range(4))
def test_no_body_is_a_fault(api: Api, seed: int) -> None:
    chance = random.Random(seed)
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": patient()}]}
    requests: list[tuple[str, str, Any]] = [
        ("POST", "Patient", patient()),
        ("PUT", "Observation/fo", weight("x", id="fo")),
        ("POST", "", bundle()),
        ("POST", "", bundle() | {"type": "batch"}),
        ("POST", "Patient/$match", parameters),
        ("POST", "Observation/$validate", weight()),
    ]
    for _ in range(40):
        method, path, body = chance.choice(requests)
        answer = api.http.request(method, path, content=json.dumps(mutated(chance, body)))
        assert answer.status_code < 500, (method, path)
        if answer.status_code >= 400:
            assert answer.json()["resourceType"] == "OperationOutcome"
