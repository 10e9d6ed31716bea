"""What a payload is, told by its first bytes, and that whatever comes is answered."""

from base64 import b64encode

import pytest

from adapters import content
from adapters.source import Source
from tests.adapters.feeds.samples import CORPORA, GOLDEN, SOURCE

DOCUMENT = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole><id root="2.999" extension="1"/></patientRole>'
    "</recordTarget></ClinicalDocument>"
)


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b"MSH|^~\\&|A|B", "hl7v2"),
        (b"\x0bMSH|^~\\&|A|B", "hl7v2"),
        (b"FHS|^~\\&|", "hl7v2"),
        (b"MSHTABLE,XM\n", "text"),
        (b'<?xml version="1.0"?>\n<!-- x --><ClinicalDocument xmlns="urn:hl7-org:v3">', "cda"),
        (b"<n1:ClinicalDocument xmlns:n1='urn:hl7-org:v3'>", "cda"),
        (b"<soap:Envelope xmlns:soap='x'>", "soap"),
        (b"<Request>", "xml"),
        ('<?xml version="1.0" encoding="UTF-16"?><ClinicalDocument/>'.encode("utf-16"), "cda"),
        (b'\xef\xbb\xbf{"resourceType":"Patient"}', "fhir"),
        (b'{"records":[]}', "json"),
        (b"INSERT INTO v VALUES (1)", "sql"),
        ("XM,NL\n于,1".encode("gb18030"), "text"),
        (b"\x00\x01\x02", "binary"),
        (b"", "binary"),
    ],
)
def test_the_first_bytes_tell_the_kind(payload: bytes, kind: str) -> None:
    assert content.kind(payload) == kind


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"\x00\x01\x02", "content"),
        (b"a,b\n1,2\n", "no-map"),
        (b'{"a":1}', "no-map"),
        (b'<Patient xmlns="http://hl7.org/fhir"/>', "fhir-xml"),
        (b"<s:Envelope xmlns:s='x'><s:Body>hello</s:Body></s:Envelope>", "no-map"),
        (b"<broken", "xml"),
        (b'{"resourceType":"Patient"', "json"),
    ],
)
def test_what_isnt_known_is_refused_with_its_reason(payload: bytes, reason: str) -> None:
    (made,) = content.translate(payload, SOURCE)
    assert (made.refused, made.issues[0].reason) == (True, reason)


@pytest.mark.parametrize(
    "payload",
    [
        DOCUMENT,
        f"<s:Envelope xmlns:s='x'><s:Body><in>{DOCUMENT}</in></s:Body></s:Envelope>",
        f"<s:Envelope xmlns:s='x'><s:Body><in><![CDATA[{DOCUMENT}]]></in></s:Body></s:Envelope>",
        f"<s:Envelope xmlns:s='x'><s:Body><in>{b64encode(DOCUMENT.encode()).decode()}</in></s:Body></s:Envelope>",
    ],
)
def test_a_document_is_found_bare_in_a_body_or_as_a_string(payload: str) -> None:
    (made,) = content.translate(payload.encode(), SOURCE)
    assert (made.kind, made.refused) == ("cda", False)


def test_a_source_with_a_map_is_read_by_it_and_a_missing_map_is_a_refusal() -> None:
    payload = (GOLDEN / "clinic-csv" / "visits.csv").read_bytes()
    named = Source("clinic", "o", "urn:x", feed_map="clinic-csv")
    assert {part.event for part in content.translate(payload, named)} == {"clinic-csv"}
    (made,) = content.translate(payload, Source("clinic", "o", "urn:x", feed_map="gone"))
    assert (made.refused, made.issues[0].reason) == (True, "feed-map")


def test_every_file_of_the_corpora_is_answered() -> None:
    folders = [CORPORA / name for name in ("cn-synthetic", "cn-shapes")]
    if not all(folder.is_dir() for folder in folders):
        pytest.skip("the corpora are not there")
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            parts = content.translate(path.read_bytes(), SOURCE)
            assert parts, path.name
            assert all(part.resources or part.issues for part in parts), path.name
            if path.suffix not in (".md", ".json", ".py"):
                assert any(part.resources for part in parts), path.name
