"""The pieces of a comparison: names and how they sound, addresses and doors, phones, small distances."""

import pytest

from record_store.matching_addresses import Address, addresses, phone_number, phones
from record_store.matching_characters import simplified
from record_store.matching_frequencies import given_bits, latin_surname_bits, surname_bits
from record_store.matching_names import fuzzy, names
from record_store.matching_similarity import jaro_winkler, soundex, within_one_edit


def only(text: str = "", **parts: object) -> tuple[str, str, str, tuple[str, ...]]:
    [name] = names({"name": [({"text": text} if text else {}) | parts]})
    return name.family, name.given, name.middle, name.sounds


@pytest.mark.parametrize(
    ("text", "family", "given", "sounds"),
    [
        ("王秀蘭", "王", "秀兰", ("wangxiulan",)),
        (" 王　秀 兰 ", "王", "秀兰", ("wangxiulan",)),
        ("欧阳修", "欧阳", "修", ("ouyangxiu",)),
        ("欧阳", "欧", "阳", ("ouyang",)),
        ("單雄信", "单", "雄信", ("shanxiongxin", "danxiongxin")),
        ("吕绿", "吕", "绿", ("lulu",)),
        ("阿卜杜拉·买买提", "阿", "卜杜拉买买提", ("abodulamaimaiti",)),
        ("刘𬭎", "刘", "𬭎", ("liuhong",)),
        ("Wang Xiulan", "xiulan", "wang", ("wangxiulan", "xiulanwang")),
        ("LYU LYU", "lyu", "lyu", ("lulu",)),
    ],
)
def test_a_name_in_one_text_is_taken_apart(
    text: str, family: str, given: str, sounds: tuple[str, ...]
) -> None:
    found = only(text)
    assert found[:2] == (family, given)
    assert found[3] == sounds


def test_the_parts_of_a_latin_name_are_kept_as_sent() -> None:
    assert only(family="O'Neil-Smith Jr", given=["Mary", "Ann"])[:3] == ("oneilsmith", "mary", "ann")
    assert only(family="Müller", given=["José"])[:2] == ("muller", "jose")
    assert only(given=["Gertrude", "Judith"])[:3] == ("", "gertrude", "judith")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "无名氏",
        "患者",
        "王秀兰之子",
        "李娜之女二",
        "王秀兰大双",
        "Unknown",
        "Baby Girl",
        "Anonymous Anonymous",
        "John Doe",
        "···",
        "123",
    ],
)
def test_a_makeshift_name_is_no_name(text: str) -> None:
    assert names({"name": [{"text": text}]}) == ()


def test_baby_boy_in_parts_is_no_name() -> None:
    assert names({"name": [{"family": "Boy", "given": ["Baby"]}]}) == ()


def test_current_names_come_before_former_ones() -> None:
    found = names({"name": [{"text": "李秀兰", "use": "maiden"}, {"text": "王秀兰"}, {"text": "王秀蘭"}]})
    assert [(name.family, name.former) for name in found] == [("王", False), ("李", True)]


def test_confused_sounds_fold_to_one() -> None:
    assert fuzzy("zhangzhenying") == fuzzy("zangzenyin")


def test_traditional_characters_become_simplified_and_others_stay() -> None:
    assert simplified("張國強 劉鳳蘭 蕭麗華 Li") == "张国强 刘凤兰 萧丽华 Li"


HOME = Address("青岛市市南区", "阳光小区", "12-3-402", "香港中路-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("青岛市市南区香港中路8号阳光小区12号楼3单元402室", HOME),
        ("青岛市市南区香港中路8号阳光小区12-3-402", HOME),
        ("青岛市市南区香港中路８号陽光小區十二号楼三单元402", HOME),
        ("阳光小区12号楼3单元402室", Address("", "阳光小区", "12-3-402")),
        ("市南区海雾街20号", Address("市南区", "海雾街", "20")),
        ("青岛市崂山区沙子口街道大河东村115号", Address("青岛市崂山区", "大河东村", "115")),
        ("山东省胶州市里岔镇后岔村12号", Address("山东省胶州市", "后岔村", "12")),
        ("内蒙古自治区哈尔滨县翔安路Q座", Address("内蒙古自治区哈尔滨县", "翔安路", "q")),
        ("青岛市市南区香港中路", Address("青岛市市南区", "香港中路", "")),
    ],
)
def test_an_address_is_cut_into_region_place_and_door(text: str, expected: Address) -> None:
    assert addresses({"address": [{"text": text}]}) == (expected,)


def test_an_address_in_parts_reads_like_the_text() -> None:
    parts = {
        "state": "山东省",
        "city": "青岛市",
        "district": "市南区",
        "line": ["香港中路8号阳光小区12-3-402"],
    }
    assert addresses({"address": [parts]}) == (
        Address("山东省青岛市市南区", "阳光小区", "12-3-402", "香港中路-8"),
    )


def test_latin_addresses_use_short_words_and_the_postal_code() -> None:
    long = {"line": ["7524 Mejia Street, Apartment 708"], "postalCode": "35274-1234"}
    short = {"line": ["7524 mejia st apt. 708"], "postalCode": "35274"}
    assert (
        addresses({"address": [long]})
        == addresses({"address": [short]})
        == (Address("35274", "mejia st", "7524-708"),)
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+86 138-0053-1234", "13800531234"),
        ("008613800531234", "13800531234"),
        ("１３８００５３１２３４", "13800531234"),
        ("(0532) 8555 1234 ext. 5", "053285551234"),
        ("13000000000", ""),
        ("12345678", ""),
        ("120", ""),
        ("无", ""),
    ],
)
def test_a_phone_number_has_one_form_or_none(text: str, number: str) -> None:
    assert phone_number(text) == number


def test_only_phones_are_phones() -> None:
    telecom = [
        {"system": "email", "value": "13800531234@example.org"},
        {"value": "13800531234"},
        {"system": "fax", "value": "85551234"},
    ]
    assert phones({"telecom": telecom}) == ("13800531234",)


def test_common_names_tell_less_than_rare_ones() -> None:
    assert surname_bits("王") < surname_bits("唐") < surname_bits("覃") < surname_bits("支")
    assert given_bits("伟") < given_bits("昊") < given_bits("雨霏")
    assert latin_surname_bits("smith") < latin_surname_bits("uitermarkt")


@pytest.mark.parametrize(
    ("left", "right", "near"),
    [
        ("370200", "370200", True),
        ("370200", "372000", True),
        ("370200", "370201", True),
        ("370200", "37020", True),
        ("37020", "370200", True),
        ("370200", "372010", False),
        ("370200", "3702", False),
        ("ab", "ba", True),
        ("abc", "cba", False),
    ],
)
def test_one_edit_is_a_slip_of_the_finger(left: str, right: str, near: bool) -> None:
    assert within_one_edit(left, right) is near


def test_published_similarities_are_met() -> None:
    """Winkler 1990 and the Soundex of the national archives of the United States."""
    assert jaro_winkler("martha", "marhta") == pytest.approx(0.9611, abs=1e-4)
    assert jaro_winkler("dwayne", "duane") == pytest.approx(0.84, abs=1e-4)
    assert jaro_winkler("dixon", "dicksonx") == pytest.approx(0.8133, abs=1e-4)
    assert (jaro_winkler("", "a"), jaro_winkler("abc", "xyz")) == (0.0, 0.0)
    assert [soundex(name) for name in ("robert", "rupert", "ashcraft", "tymczak", "pfister", "")] == [
        "r163",
        "r163",
        "a261",
        "t522",
        "p236",
        "",
    ]
