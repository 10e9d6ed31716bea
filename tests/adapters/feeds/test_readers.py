"""Files of every kind become the same flat records."""

import struct
from collections.abc import Callable
from typing import Any

import pytest

from adapters.feeds import dbf, flat_files, sql_dump
from adapters.feeds.payload import Payload
from adapters.feeds.record import Record
from fhir_profiles.outcome import Failure
from tests.adapters.feeds.samples import SOURCE

WANTED = {"XM": "于海珅", "NL": "62"}


def structured(kind: str, payload: bytes, path: str = "") -> list[Record]:
    return list(Payload(payload, SOURCE).records({"kind": kind, "record": path}))


def table(rows: list[tuple[bytes, bytes]]) -> bytes:
    """A dBASE table of a C(10) and an N(3) column with the language byte of code page 936."""
    fields = b"".join(
        name.ljust(11, b"\0") + kind + b"\0" * 4 + bytes([size]) + b"\0" * 15
        for name, kind, size in ((b"XM", b"C", 10), (b"NL", b"N", 3))
    )
    head = (
        b"\x03\x7e\x01\x01"
        + struct.pack("<IHH", len(rows), 32 + len(fields) + 1, 14)
        + b"\0" * 17
        + b"\x7a\0\0"
    )
    return head + fields + b"\r" + b"".join(b" " + a.ljust(10) + b.rjust(3) for a, b in rows) + b"\x1a"


CASES: dict[str, Callable[[], list[Record]]] = {
    "csv in GB18030": lambda: list(
        flat_files.delimited("XM,NL,空\r\n于海珅,62,\r\n".encode("gb18030"), "gb18030", {"kind": "csv"})
    ),
    "csv in UTF-8 with a mark": lambda: list(
        flat_files.delimited('\ufeffXM,NL\n"于海珅",62\n'.encode(), "gb18030", {"kind": "csv"})
    ),
    "tsv": lambda: list(flat_files.delimited("XM\tNL\n于海珅\t62\n".encode(), "utf-8", {"kind": "tsv"})),
    "fixed width by bytes": lambda: list(
        flat_files.fixed_width(
            "于海珅    62\n".encode("gb18030"), "gb18030", {"fields": [["XM", 0, 10], ["NL", 10, 3]]}
        )
    ),
    "dBASE": lambda: list(dbf.records(table([("于海珅".encode("gb18030"), b"62")]), "utf-8")),
    "JSON": lambda: structured("json", '{"r":[{"XM":"于海珅","NL":62}]}'.encode(), "r"),
    "NDJSON": lambda: structured("json", '{"XM":"于海珅","NL":62}\n{"XM":"x"}\n'.encode(), "")[:1],
    "XML": lambda: structured("xml", "<a><r><XM>于海珅</XM><NL>62</NL></r></a>".encode(), "r"),
    "XML in CDATA in SOAP": lambda: structured(
        "soap",
        "<s:Envelope xmlns:s='urn:s'><s:Body><in><![CDATA[<a><r><XM>于海珅</XM><NL>62</NL></r></a>]]></in>"
        "</s:Body></s:Envelope>".encode(),
        "r",
    ),
    "JSON in escaped XML in GBK": lambda: structured(
        "soap",
        '<?xml version="1.0" encoding="GBK"?><i><b>{"XM":"于海珅","NL":"62"}</b></i>'.encode("gbk"),
        "",
    ),
    "SQL": lambda: list(
        sql_dump.records(
            "-- a view\nCREATE TABLE v (XM varchar(9), NL numeric(3,0), PRIMARY KEY (XM));\n"
            "INSERT INTO v VALUES ('于海珅', 62), ('O''X', NULL);".encode(),
            "utf-8",
        )
    )[:1],
}


@pytest.mark.parametrize("name", CASES)
def test_a_record_is_the_same_from(name: str) -> None:
    (record,) = CASES[name]()
    assert {key.upper(): value for key, value in record.values.items()} == WANTED


def test_a_character_with_a_delimiter_as_its_second_byte_survives() -> None:
    assert "珅".encode("gb18030")[1:2] == b"|"
    (record,) = flat_files.delimited(
        "XM|NL\n于海珅|62\n".encode("gb18030"), "gb18030", {"kind": "csv", "delimiter": "|"}
    )
    assert record.values == WANTED


def test_deleted_rows_of_a_table_are_left_out() -> None:
    content = bytearray(table([(b"A", b"1"), (b"B", b"2")]))
    content[content.index(b" A")] = ord("*")
    assert [record.values["XM"] for record in dbf.records(bytes(content), "utf-8")] == ["B"]


@pytest.mark.parametrize(
    "read",
    [
        lambda: structured("json", b"[1,2]", ""),
        lambda: structured("json", b"{", ""),
        lambda: structured("json", b'{"a":' * 90 + b"1" + b"}" * 90, ""),
        lambda: structured("xml", b"<a>", ""),
        lambda: structured("xml", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', ""),
        lambda: list(dbf.records(b"no table", "utf-8")),
        lambda: list(sql_dump.records(b"CREATE TABLE v (a int);", "utf-8")),
        lambda: list(flat_files.delimited(b"\xff\xff\xff\xff", "utf-8", {"kind": "csv"})),
    ],
)
def test_what_is_no_such_file_is_a_failure_with_a_reason(read: Callable[[], Any]) -> None:
    with pytest.raises(Failure) as caught:
        read()
    assert caught.value.issues[0].reason
