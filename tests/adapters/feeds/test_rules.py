"""The functions and shapes of rules, each row one example: what a column holds and what it becomes."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.feeds.code_maps import code_maps
from adapters.feeds.compilation import Run, Scope, rule
from adapters.feeds.functions import FUNCTIONS
from adapters.feeds.record import flat, from_json
from tests.adapters.feeds.samples import SOURCE

CODES = code_maps({"colour": {"target": "urn:fhir", "system": "urn:own", "r": {"code": "RED", "own": "红"}}})


def value(spec: Any, **columns: Any) -> Any:
    scope = Scope(CODES, FUNCTIONS, set(), "test")
    return rule(spec, scope).make(flat(columns), Run(SOURCE, "A"))


@pytest.mark.parametrize(
    ("spec", "columns", "wanted"),
    [
        ("a", {"a": " x "}, "x"),
        ("a", {"a": ""}, None),
        ("=x", {}, "x"),
        ("a|b", {"a": "", "b": "y"}, "y"),
        ({"template": "{a}；{b}"}, {"a": "1"}, "1"),
        ({"template": "{a}；{b}"}, {}, None),
        ({"const": 5}, {}, 5),
        ({"first": ["a", "b"]}, {"b": "2"}, "2"),
        (["a", "b"], {"b": "2"}, ["2"]),
        ({"x": "=fixed", "y": "a"}, {"a": ""}, None),
        ({"x": "=fixed", "y": "a"}, {"a": "1"}, {"x": "fixed", "y": "1"}),
        ({"as": "text", "from": "a", "when": "b = 2"}, {"a": "x", "b": "1"}, None),
        ({"as": "text", "from": "a", "when": 'b in ("1", "2")'}, {"a": "x", "b": "1"}, "x"),
        ({"as": "date", "from": "a"}, {"a": "1963.5.4"}, "1963-05-04"),
        ({"as": "dateTime", "from": "a"}, {"a": "2026/4/1 8:05"}, "2026-04-01T08:05:00+08:00"),
        ({"as": "instant", "from": "a"}, {"a": "20260401"}, "2026-04-01T00:00:00+08:00"),
        ({"as": "decimal", "from": "a"}, {"a": "１１.50"}, Decimal("11.50")),
        ({"as": "positiveInt", "from": "a"}, {"a": "3"}, 3),
        ({"as": "positiveInt", "from": "a"}, {"a": "0"}, None),
        ({"as": "boolean", "from": "a"}, {"a": "是"}, True),
        ({"as": "boolean", "from": "a"}, {"a": "maybe"}, None),
        ({"as": "result", "from": "a"}, {"a": "阳性(+)"}, ("String", "阳性(+)")),
        ({"as": "quantity", "from": "a"}, {"a": "阳性"}, None),
        ({"as": "code", "from": "a", "map": "sex", "default": "unknown"}, {"a": "男"}, "male"),
        ({"as": "code", "from": "a", "map": "sex", "default": "unknown"}, {"a": "x"}, "unknown"),
        ({"as": "note", "from": "a", "label": "N: "}, {"a": "x"}, {"text": "N: x"}),
        ({"as": "telecom", "from": "a"}, {"a": "139"}, {"system": "phone", "value": "139"}),
        ({"as": "reference", "type": "Organization", "display": "a"}, {"a": "x"}, {"display": "x"}),
        ({"as": "reference", "type": "Encounter", "key": "a"}, {"a": ""}, None),
    ],
)
def test_a_rule_gives(spec: Any, columns: dict[str, Any], wanted: Any) -> None:
    assert value(spec, **columns) == wanted


def test_a_number_keeps_its_digits_comparator_and_unit() -> None:
    assert value({"as": "result", "from": "a", "unit": "u"}, a="<0.50", u="10^9/L") == (
        "Quantity",
        {
            "value": Decimal("0.50"),
            "comparator": "<",
            "unit": "10^9/L",
            "system": "http://unitsofmeasure.org",
            "code": "10*9/L",
        },
    )


def test_an_own_code_stands_beside_its_translation() -> None:
    assert value({"as": "concept", "from": "a", "map": "colour"}, a="R") == {
        "coding": [
            {"system": "urn:fhir", "code": "RED"},
            {"system": "urn:own", "code": "r", "display": "红"},
        ],
        "text": "红",
    }


def test_a_national_diagnosis_code_brings_the_one_of_the_who() -> None:
    made = value({"as": "diagnosis", "from": "a", "display": "b"}, a="I10.x00x002", b="高血压病2级")
    assert [coding["code"] for coding in made["coding"]] == ["I10.x00x002", "I10"]
    assert made["text"] == "高血压病2级"


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [("3.5-9.5", "3.5", "9.5"), ("110～160", "110", "160"), ("<5", None, "5"), ("阴性", None, None)],
)
def test_a_reference_range_keeps_its_text(written: str, low: str | None, high: str | None) -> None:
    made = value({"as": "range", "from": "a"}, a=written)
    assert made["text"] == written
    assert made.get("low", {}).get("value") == (Decimal(low) if low else None)
    assert made.get("high", {}).get("value") == (Decimal(high) if high else None)


@pytest.mark.parametrize(
    ("written", "family", "given"),
    [
        ("欧阳静", "欧阳", "静"),
        ("于海珅", "于", "海珅"),
        ("单于", "单", "于"),
        ("阿依古丽·买买提", None, None),
        ("Li Na", None, None),
    ],
)
def test_a_chinese_name_is_split_and_others_stay_whole(
    written: str, family: str | None, given: str | None
) -> None:
    made = value({"as": "name", "from": "a"}, a=written)
    assert made["text"] == written
    assert (made.get("family"), (made.get("given") or [None])[0]) == (family, given)


def test_repeated_children_each_give_one_value() -> None:
    record = from_json({"ids": [{"v": "1"}, {"v": "2"}]})
    made = rule({"each": "ids", "value": "v"}, Scope(CODES, FUNCTIONS, set())).make(record, Run(SOURCE, "A"))
    assert made == [{"value": "1"}, {"value": "2"}]
