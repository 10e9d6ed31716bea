"""What is no document, or means harm, is refused with a reason and leaves nothing behind."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import cda
from adapters.safe_xml import LARGEST
from fhir_profiles.validation import issues
from tests.adapters.feeds.samples import SOURCE

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.xml"))
SECRET = "file:///etc/passwd"
BOMB = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 12))
ROOT = '<ClinicalDocument xmlns="urn:hl7-org:v3">'


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (
            f'<!DOCTYPE a [<!ENTITY x SYSTEM "{SECRET}">]>{ROOT}<title>&x;</title></ClinicalDocument>',
            "xml-dtd",
        ),
        (f'<!DOCTYPE a [<!ENTITY b0 "b">{BOMB}]>{ROOT}<title>&b11;</title></ClinicalDocument>', "xml-dtd"),
        (f'<!DOCTYPE a SYSTEM "{SECRET}">{ROOT}</ClinicalDocument>', "xml-dtd"),
        (f"{ROOT}<title>&x;</title></ClinicalDocument>", "xml"),
        (f"{ROOT}" + "<a>" * 150 + "</a>" * 150 + "</ClinicalDocument>", "xml-depth"),
        (f"{ROOT}<title>", "xml"),
        ("<section xmlns='urn:hl7-org:v3'/>", "not-cda"),
        (f"{ROOT}<recordTarget><patientRole/></recordTarget></ClinicalDocument>", "patient-key"),
        ("not xml at all", "xml"),
        ("", "xml"),
    ],
)
def test_it_is_refused(payload: str, reason: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        (made,) = cda.translate(payload.encode(encoding), SOURCE)
        assert (made.refused, made.resources) == (True, [])
        assert made.issues[0].reason == reason
        assert "passwd" not in made.issues[0].text


def test_a_document_that_is_too_large_is_refused_before_it_is_parsed() -> None:
    (made,) = cda.translate(b"<a>" + b" " * LARGEST + b"</a>", SOURCE)
    assert made.issues[0].reason == "xml-size"


def test_a_wrong_declaration_does_not_stop_a_document() -> None:
    text = GOLDEN[1].read_text("utf-8").replace('encoding="UTF-8"', 'encoding="GB2312"')
    wanted = cda.translate(GOLDEN[1].read_bytes(), SOURCE)[0].control_id
    for encoding in ("utf-8", "gb18030"):
        (made,) = cda.translate(text.encode(encoding), SOURCE)
        assert (made.refused, made.control_id) == (False, wanted)


SNIPPETS = [
    "<value",
    "/>",
    "<id/>",
    'value=""',
    'code="  "',
    'unit="m g"',
    'nullFlavor="UNK"',
    'value="NaN"',
    "<observation>",
    "\ud7ff",
    "&amp;",
    "0",
    'moodCode="INT"',
    'negationInd="true"',
]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
@settings(max_examples=80, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_a_damaged_document_never_raises_and_never_gives_invalid_fhir(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    text = path.read_text("utf-8")
    for _ in range(chance.randint(1, 4)):
        match chance.randrange(3):
            case 0:
                parts = text.split("<")
                del parts[chance.randrange(1, len(parts))]
                text = "<".join(parts)
            case 1:
                words = text.split('"')
                words[chance.randrange(1, len(words))] = chance.choice(
                    ["", " ", "-1", "9" * 60, "x y", "2.16", "20269999"]
                )
                text = '"'.join(words)
            case _:
                place = text.find(" ", chance.randrange(len(text)))
                text = f"{text[:place]} {chance.choice(SNIPPETS)}{text[place:]}"
    (made,) = cda.translate(text.encode("utf-8", "replace"), SOURCE)
    assert made.refused != bool(made.resources)
    assert [fault for resource in made.resources for fault in issues(resource)] == []
