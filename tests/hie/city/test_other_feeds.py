import csv
import io
import json
from pathlib import Path

import pytest
from lxml import etree

from hie.operations.city.city import City

GOLDEN = Path(__file__).parents[2] / "adapters" / "feeds" / "golden"


@pytest.mark.parametrize("table", ["visits", "hypertension", "diabetes"])
def test_the_clinics_files_have_the_columns_that_the_map_knows(city: City, table: str) -> None:
    sample = (GOLDEN / "clinic-csv" / f"{table}.csv").read_bytes().decode("gb18030").splitlines()[0]
    files = [payload for payload in city.feed("clinic-csv").payloads if payload.name.startswith(table)]
    assert files
    for file in files:
        rows = list(csv.DictReader(io.StringIO(file.content.decode("gb18030"), newline="")))
        assert ",".join(rows[0]) == sample
        assert all(row.values() and None not in row for row in rows)


def test_the_rows_of_the_clinics_views_have_the_columns_that_the_map_knows(city: City) -> None:
    for view, rows in city.clinic_rows.items():
        (sample,) = json.loads((GOLDEN / "clinic-view" / f"{view}.json").read_text())
        assert rows
        assert all(list(row) == list(sample) for row in rows)


def test_a_report_card_is_xml_inside_a_soap_string(city: City) -> None:
    sample = etree.fromstring((GOLDEN / "notifiable-card" / "card.xml").read_bytes())
    names = [element.tag for element in etree.fromstring(sample[0][0][0].text.encode()).find("Card")]
    cards = list(city.feed("disease-control").messages())
    assert len(cards) == city.expectations.notifiable_cases
    for content in cards:
        inner = etree.fromstring(etree.fromstring(content)[0][0][0].text.encode())
        assert [element.tag for element in inner.find("Card")] == names


def test_vaccinations_come_in_batches_with_the_fields_that_the_map_knows(city: City) -> None:
    sample = json.loads((GOLDEN / "immunisation-json" / "batch.json").read_text())
    for content in city.feed("vaccination").messages():
        batch = json.loads(content)
        assert list(batch) == list(sample)
        for record in batch["records"]:
            assert set(record) <= {key for known in sample["records"] for key in known}
            assert list(record["person"]) == list(sample["records"][0]["person"])


def test_a_shared_document_names_its_template_patient_and_custodian(city: City) -> None:
    space = {"c": "urn:hl7-org:v3"}
    kinds = set()
    for content in city.feed("maternity").messages():
        root = etree.fromstring(content)
        kinds.add(root.xpath("string(c:code/@code)", namespaces=space))
        assert root.xpath("string(c:recordTarget//c:birthTime/@value)", namespaces=space)
        custodian = "string(c:custodian//c:representedCustodianOrganization/c:id/@extension)"
        assert root.xpath(custodian, namespaces=space) == city.institutions["maternity"].code
    assert kinds >= {"C0002", "C0007", "C0053"}
