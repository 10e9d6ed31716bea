"""CE, CWE, CNE, CF, IS and ID to CodeableConcept and Coding, with the coding systems of table 0396."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from adapters.diagnosis_codes import codings
from adapters.hl7v2 import grammar
from adapters.hl7v2.datatypes.identifiers import universal
from adapters.hl7v2.draft import Draft
from adapters.hl7v2.encoding import Encoding

SYSTEMS = {
    "LN": "http://loinc.org",
    "LOINC": "http://loinc.org",
    "SCT": "http://snomed.info/sct",
    "SNM": "http://snomed.info/sct",
    "SNOMED": "http://snomed.info/sct",
    "SNOMED-CT": "http://snomed.info/sct",
    "SNOMEDCT": "http://snomed.info/sct",
    "UCUM": "http://unitsofmeasure.org",
    "I10": "http://hl7.org/fhir/sid/icd-10",
    "ICD10": "http://hl7.org/fhir/sid/icd-10",
    "ICD-10": "http://hl7.org/fhir/sid/icd-10",
    "ICD-10-CN": "http://hl7.org/fhir/sid/icd-10-cn",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD-10-CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD10CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "I10P": "http://www.cms.gov/Medicare/Coding/ICD10",
    "I9": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9CDX": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9CP": "http://hl7.org/fhir/sid/icd-9-cm",
    "ICD9": "http://hl7.org/fhir/sid/icd-9-cm",
    "CVX": "http://hl7.org/fhir/sid/cvx",
    "MVX": "http://hl7.org/fhir/sid/mvx",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "RXN": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "C4": "http://www.ama-assn.org/go/cpt",
    "CPT": "http://www.ama-assn.org/go/cpt",
    "CPT4": "http://www.ama-assn.org/go/cpt",
    "HCPCS": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "ATC": "http://www.whocc.no/atc",
    "WC": "http://www.whocc.no/atc",
    "CDCREC": "urn:oid:2.16.840.1.113883.6.238",
    "ISO3166_1": "urn:iso:std:iso:3166",
    "ISO639": "urn:ietf:bcp:47",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "NCIT": "http://ncimeta.nci.nih.gov",
    "UMLS": "http://www.nlm.nih.gov/research/umls",
}
_TABLE = re.compile(r"(?:HL7|L?HL7-)?0*(\d{1,4})$", re.ASCII)
_WORDY_CODE = re.compile(r"\S+( \S+)*$", re.ASCII)
_LOINC = "http://loinc.org"
_LOINC_SHAPE = re.compile(r"[A-Z]{0,4}\d{1,7}-\d$|MTHU\d+$", re.ASCII)
_ICD10 = "http://hl7.org/fhir/sid/icd-10"
_ICD10_SHAPE = re.compile(r"[A-TV-Z]\d\d(\.[0-9xX][0-9A-Za-z]*|[0-9xX][0-9A-Za-z]*)?[+*†]?$", re.ASCII)
_BLANKS = re.compile(r"\s+")


def cwe(raw: str, draft: Draft, table: str = "") -> dict[str, Any] | None:
    """CodeableConcept of a coded value: both codings, the original text.

    `table` is the HL7 table of the field (`0004`); it names the system of letter codes that name none themselves.
    """
    read = _concept if len(raw) < 200 else _concept.__wrapped__
    codings, said = read(raw, draft.encoding, draft.source.name, table)
    found: dict[str, Any] = {"coding": [dict(coding) for coding in codings]} if codings else {}
    if said:
        found["text"] = said
    return found or None


@lru_cache(maxsize=16384)
def _concept(raw: str, encoding: Encoding, source: str, table: str) -> tuple[tuple[dict[str, Any], ...], str]:
    """Codings and text of a coded value. Feeds repeat few codes; each is read once."""
    texts = encoding.texts(raw)
    count = len(texts)
    first = _coding(texts, 0, source, table)
    second = _coding(texts, 3, source, "") if count > 3 else None
    third = _coding(texts, 9, source, "") if count > 9 else None
    codings = tuple(coding for coding in (first, second, third) if coding)
    said = texts[8] if count > 8 else ""
    words = "" if first else texts[0] or (texts[1] if count > 1 else "")
    if said and words and said != words:
        return ({"display": words}, *codings), said
    return codings, said or words


def described(concept: dict[str, Any] | None, text: str) -> dict[str, Any]:
    """A concept with the words of a neighbouring description field; words that it had itself stay as a display."""
    found = dict(concept or {})
    had = found.get("text")
    if text:
        found["text"] = text
        if had and had != text:
            found["coding"] = [*found.get("coding", []), {"display": had}]
    return found


def diagnosis(raw: str, draft: Draft) -> dict[str, Any] | None:
    """CodeableConcept of a diagnosis: ICD-10 of the national edition also as the WHO code it begins with.

    HEURISTIC: a code in the shape of ICD-10 that names no system is one.
    """
    found = cwe(raw, draft)
    if found is None or not found.get("coding"):
        return found
    first = found["coding"][0]
    if "code" in first and first.get("system", _ICD10) == _ICD10 and _ICD10_SHAPE.match(first["code"]):
        known = codings(first["code"], first.get("display", ""))
        found["coding"] = [*known, *(entry for entry in found["coding"][1:] if entry not in known)]
    return found


def coding(raw: str, draft: Draft, table: str = "") -> dict[str, Any] | None:
    """Coding of a coded value's first triplet."""
    return _coding(draft.encoding.texts(raw), 0, draft.source.name, table)


def code(raw: str, draft: Draft) -> str | None:
    """The bare code, as code tables look it up: upper case, no outer blanks."""
    return draft.encoding.first(raw).upper() or None


def either(raw: str, draft: Draft) -> str | None:
    """The code of a coded value, or its text where there is no code."""
    texts = draft.encoding.texts(raw)
    return texts[0] or (texts[1] if len(texts) > 1 else "") or None


def shown(raw: str, draft: Draft) -> str | None:
    """The words of a coded value: its text, else its code."""
    texts = draft.encoding.texts(raw)
    said = next((texts[position] for position in (8, 1, 4) if len(texts) > position and texts[position]), "")
    return said or texts[0] or None


@lru_cache(maxsize=4096)
def system_of(name: str, source: str) -> str:
    """The URI of a coding system by its name in table 0396, an OID, a URI, or a name of the source's own."""
    upper = name.upper()
    if known := SYSTEMS.get(upper):
        return known
    table = _TABLE.match(upper)
    if table and (upper.startswith(("HL7", "L")) or len(upper) == 4):
        return f"http://terminology.hl7.org/CodeSystem/v2-{table[1]:0>4}"
    if upper.startswith(("CDCPHINVS", "PHINVS")):
        return "urn:oid:2.16.840.1.114222.4.5.274"
    return universal(name) or local_codes(source, "" if upper in ("L", "99ZZZ", "LOCAL") else name)


@lru_cache(maxsize=4096)
def local_codes(source: str, name: str) -> str:
    """The system of codes that only the source knows."""
    return f"urn:hie:codes:{quote(source, safe='')}" + (f":{quote(name, safe='')}" if name else "")


def _coding(texts: list[str], start: int, source: str, table: str) -> dict[str, Any] | None:
    value = texts[start]
    display = texts[start + 1] if len(texts) > start + 1 else ""
    name = texts[start + 2] if len(texts) > start + 2 else ""
    version_at = {0: 6, 3: 7}.get(start, start + 3)
    if not value:
        # HEURISTIC: laboratories put a short alternate code into CE.5 and leave CE.4 empty.
        if start and display and not name:
            if _LOINC_SHAPE.match(display):
                return {"system": _LOINC, "code": display}
            return {"code": display} if _WORDY_CODE.match(display) else {"display": display}
        return None
    if not (name or display or value.isascii()):
        return None
    found: dict[str, Any] = {}
    if name:
        system = system_of(name, source)
        # HEURISTIC: codes of a laboratory's own are sent as LN; they do not have LOINC's shape.
        found["system"] = (
            local_codes(source, "") if system == _LOINC and not _LOINC_SHAPE.match(value) else system
        )
    elif table and start == 0 and value in grammar.table(table):
        found["system"] = f"http://terminology.hl7.org/CodeSystem/v2-{table}"
    if name and len(texts) > version_at and texts[version_at]:
        found["version"] = texts[version_at]
    found["code"] = value if _WORDY_CODE.match(value) else _BLANKS.sub(" ", value)
    if display:
        found["display"] = display
    return found
