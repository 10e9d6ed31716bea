"""Bytes to text: UTF-8, then GB18030, whatever is claimed; a wrong claim is reported; nothing is replaced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.charset import codec_of, decode

CASES = [
    ("测试", "utf-8", "UNICODE UTF-8", "utf-8", ""),
    ("测试珅玘", "gb18030", "gbk", "gb18030", ""),
    ("测试珅", "gb18030", "UNICODE UTF-8", "gb18030", "UNICODE UTF-8"),
    ("测试", "utf-8", "GB2312", "utf-8", "GB2312"),
    ("测试𬭎", "gb18030", "GB 18030-2000", "gb18030", ""),
    ("测试", "gb18030", "CHN", "gb18030", ""),
    ("Jérôme Lefèvre, né à Orléans", "latin-1", "8859/1", "iso8859-1", ""),
    ("試験", "iso2022_jp", "ISO IR87", "iso2022_jp", ""),
    ("plain", "ascii", "ISO IR87", "ascii", ""),
]


@pytest.mark.parametrize(("text", "codec", "claimed", "read_as", "contradicted"), CASES)
def test_bytes_are_read_by_what_they_are(
    text: str, codec: str, claimed: str, read_as: str, contradicted: str
) -> None:
    decoded = decode(text.encode(codec), claimed)
    assert decoded is not None
    assert (decoded.text, decoded.codec, decoded.contradicted) == (text, read_as, contradicted)


def test_a_byte_order_mark_decides_and_goes() -> None:
    for codec in ("utf-8-sig", "utf-16"):
        decoded = decode("测试".encode(codec))
        assert decoded is not None
        assert decoded.text == "测试"


def test_bytes_that_are_no_text_are_none() -> None:
    assert decode(b"MSH|\xff\xff\xff|\x80", "utf-8", default="utf-8") is None


def test_the_sources_own_charset_is_the_last_resort() -> None:
    decoded = decode(b"Mot\x80\xff\xff", default="cp850")
    assert decoded is not None
    assert decoded.codec == "cp850"


@pytest.mark.parametrize("claim", ["", "\x00", "base64 nonsense", "unicode_escape", "無", "a" * 99])
def test_a_claim_that_names_no_charset_is_none(claim: str) -> None:
    assert codec_of(claim) == ""


@given(st.text(), st.sampled_from(("utf-8", "gb18030")))
def test_chinese_text_survives_in_both_encodings(text: str, codec: str) -> None:
    if not text.isascii() and "测" not in text:
        text = f"测试{text}"
    decoded = decode(text.encode(codec, "replace"))
    assert decoded is not None
