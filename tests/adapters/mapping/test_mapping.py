"""The rule format: what rules say, what compiled code does, and that mistakes show at load."""

from typing import Any

import pytest

from adapters.mapping import RuleError, compile_map, load
from tests.adapters.mapping.field_reader import FieldReader

RULES = """
[[map]]
name = "row[Patient]"
into = "Patient"
rules = [
    {from = "XM", to = "name[n].text"},
    {from = "PY", to = "name[n].extension(urn:pinyin).valueString"},
    {from = "XB", to = "gender", map = "sex"},
    {from = "ids[].v", to = "identifier[]", as = "identifier(urn:a)"},
    {from = ["SQ", "QH"], to = "telecom[]", as = "joined"},
    {from = "SJ", to = "birthDate", when = 'not SW and (LX = "1" or LX in ("2", "3"))'},
    {from = "CSRQ", to = "birthDate"},
    {from = "HY", to = "maritalStatus.text", default = "unknown"},
    {to = "active", value = true},
    {from = "BZ", ignore = "remark"},
]

[codes.sex]
1 = "male"
2 = "female"
"""

FUNCTIONS = {
    "identifier": lambda value, context, system: {"system": system, "value": value},
    "joined": lambda values, context: [{"value": value} for value in values if value] or None,
}


class Context:
    def __init__(self) -> None:
        self.fired: list[str] | None = []
        self.listed: list[tuple[str, str]] = []

    def unmapped(self, path: str, value: str) -> None:
        self.listed.append((path, value))


def mapped(record: dict[str, Any], context: Context | None = None, *overlays: str) -> dict[str, Any] | None:
    rules = load(RULES, *overlays)
    mapper = compile_map(rules.maps["row[Patient]"], rules.codes, FUNCTIONS, FieldReader())
    return mapper(record, context or Context())


def test_a_row_becomes_a_resource() -> None:
    row = {"XM": "测试甲", "PY": "CESHI", "XB": "1", "ids": [{"v": "1"}, {"v": "2"}], "SQ": "0532", "QH": "8"}
    assert mapped(row) == {
        "resourceType": "Patient",
        "name": [{"text": "测试甲", "extension": [{"url": "urn:pinyin", "valueString": "CESHI"}]}],
        "gender": "male",
        "identifier": [{"system": "urn:a", "value": "1"}, {"system": "urn:a", "value": "2"}],
        "telecom": [{"value": "0532"}, {"value": "8"}],
        "maritalStatus": {"text": "unknown"},
        "active": True,
    }


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"SJ": "2001", "CSRQ": "1999", "LX": "1"}, "2001"),
        ({"SJ": "2001", "CSRQ": "1999", "LX": "3"}, "2001"),
        ({"SJ": "2001", "CSRQ": "1999", "LX": "9"}, "1999"),
        ({"SJ": "2001", "CSRQ": "1999", "LX": "1", "SW": "x"}, "1999"),
    ],
)
def test_of_two_rules_with_one_target_the_first_that_gives_a_value_wins(
    row: dict[str, str], wanted: str
) -> None:
    assert (mapped(row) or {})["birthDate"] == wanted


def test_constants_alone_make_no_resource() -> None:
    assert mapped({}) is None
    assert mapped({"XM": ""}) is None


def test_an_unknown_code_is_listed_and_a_code_table_may_take_the_rest() -> None:
    context = Context()
    assert "gender" not in (mapped({"XM": "甲", "XB": "7"}, context) or {})
    assert context.listed == [("XB", "7")]
    assert (mapped({"XB": "7"}, None, '[codes.sex]\n"*" = "unknown"') or {})["gender"] == "unknown"


def test_rules_that_filled_something_are_traced() -> None:
    context = Context()
    mapped({"XM": "甲"}, context)
    assert context.fired == [
        "row[Patient]:XM>name[n].text",
        "row[Patient]:HY>maritalStatus.text",
        "row[Patient]:>active",
    ]


def test_an_overlay_replaces_the_rule_of_the_same_id_and_adds_others() -> None:
    overlay = """
    [[map]]
    name = "row[Patient]"
    into = "Patient"
    rules = [
        {id = "row[Patient]:CSRQ>birthDate", from = "BIRTH", to = "birthDate"},
        {from = "HJ", to = "address[h].text"},
    ]
    """
    found = mapped({"CSRQ": "1999", "BIRTH": "2000", "HJ": "青岛"}, None, overlay) or {}
    assert found["birthDate"] == "2000"
    assert found["address"] == [{"text": "青岛"}]
    assert load(RULES).version != load(RULES, overlay).version


def rule_file(line: str) -> str:
    return f'[[map]]\nname = "m"\ninto = "Patient"\nrules = [{line}]'


@pytest.mark.parametrize(
    "line",
    [
        '{from = "A", to = "name", like = "x"}',
        '{from = "A"}',
        '{to = "active"}',
    ],
)
def test_a_rule_that_says_too_little_or_too_much_is_refused_at_load(line: str) -> None:
    with pytest.raises(RuleError):
        load(rule_file(line))


@pytest.mark.parametrize(
    "line",
    [
        '{from = "A", to = "na me"}',
        '{from = "A", to = "name", as = "nobody"}',
        '{from = "A", to = "gender", map = "nothing"}',
        '{from = "A", to = "gender", when = "B ="}',
        '{from = "A", to = "gender", when = "(B"}',
        '{from = "A", to = "gender", when = "B in C"}',
    ],
)
def test_a_rule_that_cannot_be_compiled_is_refused(line: str) -> None:
    rules = load(rule_file(line))
    with pytest.raises(RuleError):
        compile_map(rules.maps["m"], rules.codes, FUNCTIONS, FieldReader())


def test_text_that_is_no_toml_is_refused() -> None:
    with pytest.raises(RuleError):
        load("[[map")
