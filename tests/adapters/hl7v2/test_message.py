"""The reader: tolerant of line ends, delimiters, batches and continuations; nothing is dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2 import encoding as encodings
from adapters.hl7v2.encoding import Encoding
from adapters.hl7v2.message import read

BODY = ["MSH|^~\\&|HIS||||||ADT^A04|M1|P|2.4", "PID|1||1||测试甲", "PV1|1|O"]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\x0b", "\r\n"])
def test_line_ends_and_marks_do_not_matter(end: str, start: str) -> None:
    (message,) = read(start + end.join(BODY) + end)
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "PV1"]


def test_text_with_a_line_break_stays_with_its_field() -> None:
    (message,) = read("\r".join([BODY[0], "OBX|1|TX|A||first\nsecond|x", "NTE|1"]))
    assert message.segments[1].raw(5) == "first\nsecond"
    assert message.segments[1].raw(6) == "x"


def test_a_batch_gives_its_messages() -> None:
    batch = ["FHS|^~\\&|A", "BHS|^~\\&|A", *BODY, *BODY, "BTS|2", "FTS|1"]
    assert [len(message.segments) for message in read("\r".join(batch))] == [3, 3]


def test_add_continues_the_field_before_it() -> None:
    (message,) = read("\r".join([BODY[0], "OBX|1|TX|A||abc", "ADD|def|F", "NTE|1"]))
    assert message.segments[1].raw(5) == "abcdef"
    assert message.segments[1].raw(6) == "F"


def test_dsc_joins_the_message_that_names_its_pointer() -> None:
    first = ["MSH|^~\\&|A||||||ORU^R01|M1|P|2.4", "PID|1||1", "OBX|1|TX|A||abc", "DSC|P1|F"]
    second = ["MSH|^~\\&|A||||||ORU^R01|M2|P|2.4||P1", "ADD|def", "NTE|1"]
    (message,) = read("\r".join(first + second))
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "OBX", "NTE"]
    assert message.segments[2].raw(5) == "abcdef"


def test_a_continuation_that_does_not_come_is_noted() -> None:
    (message,) = read("\r".join([*BODY, "DSC|P1|F"]))
    assert [issue.reason for issue in message.issues] == ["continuation-missing"]


@pytest.mark.parametrize(
    ("declared", "marks", "defaulted"),
    [
        ("^~\\&", "^~\\&", False),
        ("^~\\&#", "^~\\&", False),
        ("^~\\\\&", "^~\\&", False),
        ("*!@%", "*!@%", False),
        ("^~¥&", "^~¥&", False),
        ("^~\\}", "^~\\}", False),
        ("", "^~\\&", True),
        ("^", "^~\\&", True),
        ("^^^^", "^~\\&", True),
    ],
)
def test_encoding_characters_are_taken_as_declared_or_defaulted_with_a_warning(
    declared: str, marks: str, defaulted: bool
) -> None:
    found = encodings.read(f"MSH|{declared}|HIS")
    assert found.component + found.repetition + found.escape + found.subcomponent == marks
    assert found.defaulted is defaulted


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a\\F\\b\\S\\c\\R\\d\\E\\e\\T\\f", "a|b^c~d\\e&f"),
        ("one\\.br\\two\\.sp2\\three", "one\ntwo\n\nthree"),
        ("\\H\\bold\\N\\ plain\\.in5\\", "bold plain"),
        ("\\XE5BCA0\\", "张"),
        ("\\X\\", "\\X\\"),
        ("\\Xzz\\ kept", "\\Xzz\\ kept"),
        ("C:\\dir", "C:\\dir"),
        ('""', ""),
        ("  blanks  ", "blanks"),
    ],
)
def test_escape_sequences_are_decoded(raw: str, text: str) -> None:
    assert Encoding().text(raw) == text


def test_hexadecimal_text_is_in_the_charset_of_the_message() -> None:
    assert Encoding(codec="gb18030").text("\\XD5C5\\") == "张"


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40))
def test_escaped_text_reads_as_it_was(text: str) -> None:
    encoding = Encoding()
    assert encoding.text(encoding.escaped(text)) == text.strip()


def test_a_null_is_empty_and_known_as_null() -> None:
    (message,) = read('MSH|^~\\&|A||||||ADT^A08|1|P|2.4\rPID|1||1||""|x')
    assert message.segments[1].raw(5) == ""
    assert message.segments[1].nulls == (5,)
    assert message.text().endswith('||""|x\r')
