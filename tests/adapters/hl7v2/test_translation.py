"""Promises of the translation: identity, repeats and corrections, merges, refusals, nothing silently dropped."""

import pytest

from adapters.hl7v2 import translate
from adapters.hl7v2.rulebook import overlaid
from adapters.source import Source
from fhir_profiles import ids
from tests.adapters.hl7v2.samples import SOURCE, faults, of_type, one

MSH = "MSH|^~\\&|LIS|H1|HIE|QD|20260401120000||{event}|{control}|P|2.5.1||||||UNICODE UTF-8"
PID = "PID|1||000911^^^H1^PI||测试甲||19630504|M"


def oru(*results: str, control: str = "L1", obr: str = "OBR|1|SQ1|BG1|XCG^血常规^L|||20260401094500") -> str:
    return "\n".join([MSH.format(event="ORU^R01^ORU_R01", control=control), PID, obr, *results])


def adt(event: str, *segments: str) -> str:
    return "\n".join(
        [MSH.format(event=f"ADT^{event}", control="A1"), f"EVN|{event}|20260401100000", *segments]
    )


WBC = "OBX|1|NM|WBC^白细胞^L||11.2|10*9/L|3.5-9.5|H|||{status}"


def test_the_patients_id_comes_from_source_and_number_alone() -> None:
    translation = one(oru())
    home = ids.hashed_bucket("hospital", "000911")
    assert translation.patient_key == "000911"
    assert translation.resources[0]["id"] == str(ids.fed(home, "hospital", "Patient", "000911"))


def test_another_source_makes_other_ids_of_the_same_message() -> None:
    other = Source("laboratory", "x", "urn:hie:source:laboratory")
    assert one(oru()).resources[0]["id"] != one(oru(), other).resources[0]["id"]


def test_a_repeat_under_another_control_id_makes_nothing_new() -> None:
    assert (
        one(oru(WBC.format(status="F"))).resources == one(oru(WBC.format(status="F"), control="L2")).resources
    )


def test_a_correction_is_a_new_version_of_the_same_observation() -> None:
    (first,) = of_type(one(oru(WBC.format(status="P"))), "Observation")
    (second,) = of_type(one(oru(WBC.format(status="C").replace("11.2", "12.1"), control="L2")), "Observation")
    assert first["id"] == second["id"]
    assert (first["status"], second["status"]) == ("preliminary", "corrected")


def test_the_same_segment_twice_makes_one_resource() -> None:
    diagnosis = "DG1|1||I10.x00^高血压^I10||2018|W"
    translation = one(adt("A08", PID, "PV1|1|I|||||||||||||||||ZY1", diagnosis, diagnosis))
    assert len(of_type(translation, "Condition")) == 1
    (encounter,) = of_type(translation, "Encounter")
    assert len(encounter["diagnosis"]) == 1  # type: ignore[arg-type]


def test_every_repetition_is_mapped() -> None:
    translation = one(adt("A31", "PID|1||1^^^H1^PI~2^^^H2^PI~3^^^H3^PI||甲测试~CESHI||||||路1号~路2号||1~2"))
    patient = translation.resources[0]
    assert [len(patient[name]) for name in ("identifier", "name", "address", "telecom")] == [3, 2, 2, 2]


def test_lines_of_one_text_are_one_observation_and_other_codes_are_not() -> None:
    lines = ["OBX|1|TX|A^所见^L||第一行", "OBX|2|TX|A^所见^L||第二行", "OBX|3|TX|B^印象^L||第三行"]
    found = of_type(one(oru(*lines)), "Observation")
    assert [observation["valueString"] for observation in found] == ["第一行\n第二行", "第三行"]


def test_a_report_lists_its_results_and_its_specimen() -> None:
    translation = one(oru(WBC.format(status="F"), "SPM|1|S1||BLD^血液"))
    (report,), (specimen,) = of_type(translation, "DiagnosticReport"), of_type(translation, "Specimen")
    (observation,) = of_type(translation, "Observation")
    assert report["result"] == [{"reference": f"Observation/{observation['id']}"}]
    assert report["specimen"] == [{"reference": f"Specimen/{specimen['id']}"}]
    assert observation["specimen"] == {"reference": f"Specimen/{specimen['id']}"}


def test_susceptibilities_are_members_of_their_organism() -> None:
    translation = one(
        oru(
            "OBX|1|CWE|630-4^培养^LN|1|112283007^大肠埃希菌^SCT||||||F",
            "OBR|2|SQ1|BG2|50545-3^药敏^LN||||||||||||||||||||||630-4&培养&LN^1",
            "OBX|1|SN|185-9^环丙沙星^LN|1|>=^4|mg/L||R|||F",
        )
    )
    organism, drug = of_type(translation, "Observation")
    assert organism["hasMember"] == [{"reference": f"Observation/{drug['id']}"}]


def test_an_order_sent_after_its_request_belongs_to_it() -> None:
    translation = one(oru("ORC|RE|SQ1|BG1||CM", WBC.format(status="F"), obr="OBR|1|||XCG^血常规^L"))
    (request,) = of_type(translation, "ServiceRequest")
    (report,) = of_type(translation, "DiagnosticReport")
    assert request["status"] == "completed"
    assert report["basedOn"] == [{"reference": f"ServiceRequest/{request['id']}"}]


@pytest.mark.parametrize(
    ("event", "discharged", "status"),
    [
        ("A01", "", "in-progress"),
        ("A03", "20260405", "finished"),
        ("A03", "", "finished"),
        ("A04", "", "in-progress"),
        ("A05", "", "planned"),
        ("A08", "20260405", "finished"),
        ("A08", "", "in-progress"),
        ("A11", "", "cancelled"),
        ("A13", "", "in-progress"),
        ("A21", "", "onleave"),
        ("A38", "", "cancelled"),
    ],
)
def test_the_trigger_event_says_what_state_a_visit_is_in(event: str, discharged: str, status: str) -> None:
    visit = f"PV1|1|I|||||||||||||||||ZY1|||||||||||||||||||||||||20260401|{discharged}"
    translation = one(adt(event, PID, visit).replace("20260401120000", "20260406120000"))
    (encounter,) = of_type(translation, "Encounter")
    assert encounter["status"] == status


def test_a_transfer_ends_one_place_and_begins_another() -> None:
    (encounter,) = of_type(one(adt("A02", PID, "PV1|1|I|W2^1^1|||W1^1^1|||||||||||||ZY1")), "Encounter")
    now, before = encounter["location"]  # type: ignore[misc]
    assert (now["status"], now["period"]) == ("active", {"start": "2026-04-01T10:00:00+08:00"})  # type: ignore[index]
    assert (before["status"], before["period"]) == ("completed", {"end": "2026-04-01T10:00:00+08:00"})  # type: ignore[index]


@pytest.mark.parametrize("event", ["A18", "A34", "A40"])
def test_a_merge_links_both_patients_and_names_them(event: str) -> None:
    translation = one(adt(event, PID, "MRG|000977^^^H1^PI||||||测试甲"))
    survivor, retired = of_type(translation, "Patient")
    assert translation.merges == [(survivor["id"], retired["id"])]
    assert retired["active"] is False
    assert retired["link"] == [{"other": {"reference": f"Patient/{survivor['id']}"}, "type": "replaced-by"}]
    assert survivor["link"] == [{"other": {"reference": f"Patient/{retired['id']}"}, "type": "replaces"}]


def test_several_merges_in_one_message_keep_their_pairs() -> None:
    other = "PID|2||000922^^^H1^PI||测试乙"
    translation = one(adt("A40", PID, "MRG|000977^^^H1^PI", other, "MRG|000988^^^H1^PI"))
    assert len(set(translation.merges)) == 2
    assert len({identity for pair in translation.merges for identity in pair}) == 4


def test_a_segment_that_nobody_knows_is_listed_whole() -> None:
    translation = one(oru("ZIM|1|http://10.0.0.1/1.jpg|镜下所见"))
    assert [(left.path, left.value) for left in translation.unmapped] == [
        ("ZIM-2", "http://10.0.0.1/1.jpg"),
        ("ZIM-3", "镜下所见"),
    ]


def test_a_field_that_nobody_reads_and_a_second_value_of_a_single_one_are_listed() -> None:
    translation = one(adt("A31", f"{PID}~F||||||||||||||||||||||||||||||||||私有"))
    listed = {left.path for left in translation.unmapped}
    assert "PID-8[2]" in listed
    assert any(path.startswith("PID-4") for path in listed)


def test_an_age_in_place_of_a_birth_date_is_reported_and_no_date() -> None:
    translation = one(adt("A31", "PID|1||1||测试甲||62岁|男"))
    assert "birthDate" not in translation.resources[0]
    assert ("PID-7", "62岁") in [(left.path, left.value) for left in translation.unmapped]
    assert "impossible-date" in {issue.reason for issue in translation.issues}


def test_a_stranger_without_a_number_stands_alone_and_a_nameless_one_is_refused() -> None:
    first, second = (one(adt("A04", "PID|1||||测试甲").replace("|A1|", f"|A{n}|")) for n in (1, 2))
    assert first.resources[0]["id"] != second.resources[0]["id"]
    assert "no-patient-number" in {issue.reason for issue in first.issues}
    assert one(adt("A04", "PID|1")).refused


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "no-header"),
        (b"hello", "no-header"),
        (b"<xml/>", "no-header"),
        (b"MSH|^~\\&|A||||||||1|P|2.4\rPID|1||1||x", "no-message-type"),
        (b"MSH|^~\\&|A||||||ORU^R01|1|P|2.4\rOBR|1||F1|X", "no-patient"),
        (b"MSH|^~\\&|A||||||ACK|1|P|2.4\rMSA|AA|7", "acknowledgement"),
        (b"MSH|^~\\&|A||||||QBP^Q11|1|P|2.5.1\rQPD|Z34|1", "query"),
        (b"MSH|^~\\&|A||||||MFN^M01|1|P|2.4\rMFI|CDM", "nothing-known"),
    ],
)
def test_what_cannot_be_translated_is_refused_with_its_reason(payload: bytes, reason: str) -> None:
    (translation,) = translate(payload, SOURCE)
    assert translation.refused
    assert translation.issues[0].reason == reason
    assert faults(translation) == []


def test_bytes_in_no_charset_are_refused() -> None:
    source = Source("hospital", "x", "urn:hie:source:hospital", charset="utf-8")
    (translation,) = translate(b"MSH|^~\\&|A||||||ADT^A04|1|P|2.4\rPID|1||1||\xff\xff\xff\x80", source)
    assert translation.issues[0].reason == "undecodable"


def test_a_charset_that_was_claimed_wrongly_is_noted() -> None:
    text = "MSH|^~\\&|A||||||ADT^A04|1|P|2.4||||||UNICODE UTF-8\rPID|1||1||测试珅"
    (translation,) = translate(text.encode("gb18030"), SOURCE)
    assert translation.resources[0]["name"][0]["text"] == "测试珅"
    assert "charset-disagrees" in {issue.reason for issue in translation.issues}


def test_one_bad_message_of_a_batch_does_not_touch_its_neighbours() -> None:
    good = adt("A04", PID)
    batch = "\n".join(
        ["BHS|^~\\&|A", good, good.replace("ADT^A04", ""), good.replace("|A1|", "|A2|"), "BTS|3"]
    )
    parts = translate(batch.replace("\n", "\r").encode(), SOURCE)
    assert [part.refused for part in parts] == [False, True, False]


def test_a_strict_source_refuses_what_breaks_the_structure() -> None:
    strict = Source("hospital", "x", "urn:hie:source:hospital", strict=True)
    translation = one(oru(WBC.format(status="")), strict)
    assert translation.refused
    assert {issue.severity for issue in translation.issues} >= {"error"}
    assert not one(oru(WBC.format(status=""))).refused


def test_a_large_document_is_carried_whole_and_in_linear_time() -> None:
    data = "QUJD" * 500_000
    translation = one(oru(f"OBX|1|ED|PDF^报告^L||LIS^AP^PDF^Base64^{data}||||||F"))
    (binary,) = of_type(translation, "Binary")
    assert binary["data"] == data
    (report,) = of_type(translation, "DiagnosticReport")
    assert report["presentedForm"] == [{"contentType": "application/pdf", "url": f"Binary/{binary['id']}"}]


def test_no_issue_says_anything_about_the_person() -> None:
    person = "PID|1||370200196305040110^^^^NI||测试甲||20260230|Q"
    words = " ".join(f"{issue.text} {issue.expression}" for issue in one(adt("A04", person)).issues)
    assert "impossible" not in words
    assert "calendar" in words
    assert not any(secret in words for secret in ("测试甲", "370200196305040110", "20260230"))


def test_a_site_overlay_maps_what_the_shipped_rules_leave() -> None:
    overlay = """
    [[map]]
    name = "PID[Patient]"
    into = "Patient"
    rules = [{from = "PID-38.2", to = "extension(urn:site:payment).valueString"}]
    """
    text = adt("A31", f"{PID}{'|' * 30}1^自费").replace("\n", "\r").encode()
    (plain,), (sited,) = translate(text, SOURCE), translate(text, SOURCE, book=overlaid(overlay))
    assert ("PID-38", "1^自费") in [(left.path, left.value) for left in plain.unmapped]
    assert sited.resources[0]["extension"] == [{"url": "urn:site:payment", "valueString": "自费"}]
    assert sited.rule_set != plain.rule_set
