"""A document becomes a Translation: what its header and entries say as resources, its text, and the original."""

from adapters.cda import composition, datatypes, header, national_header, original, participants, visit
from adapters.cda.document import Document, opened
from adapters.cda.reading import attribute, without_namespaces, words
from adapters.safe_xml import Element, local, parse
from adapters.source import Source, Translation
from fhir_profiles.outcome import Failure, Issue

RULE_SET = "cda/1"


def translate(payload: bytes, source: Source) -> list[Translation]:
    """Translate one clinical document. Never raises: what can't be read is refused with a reason."""
    try:
        root = parse(payload)
        without_namespaces(root)
        return [_translated(root, payload, source)]
    except Failure as failure:
        return [_refused(list(failure.issues))]
    except RecursionError:
        return [_refused([Issue("too-long", "The document nests too deep.", reason="depth")])]


def _translated(root: Element, payload: bytes, source: Source) -> Translation:
    if local(root) != "ClinicalDocument":
        text = f"The root element is {local(root)[:60]}; a clinical document begins with ClinicalDocument."
        return _refused([Issue("structure", text, reason="not-cda")])
    key = header.patient_key(root) or _described(root)
    if not key:
        return _refused(
            [Issue("required", "recordTarget names no patient.", "recordTarget", reason="patient-key")]
        )
    document = opened(root, payload, source, key)
    document.date = datatypes.moment(root.find("effectiveTime"), source.zone)
    header.patient(document)
    authors = _authors(document)
    document.author = authors[0]
    national_header.age(document)
    visit.encounter(document)
    kept = composition.composition(document, authors)
    original.keep(document, payload, authors, kept)
    return Translation(
        kind="cda",
        control_id=document.identity,
        event=attribute(root, "code", "code"),
        patient_key=key,
        occurred=document.date or "",
        rule_set=RULE_SET,
        resources=list(document.made.values()),
        issues=document.issues,
        unmapped=document.unmapped,
        rules=document.rules,
    )


def _described(root: Element) -> str:
    """A patient without a number is known by name and birth date."""
    person = root.find("recordTarget/patientRole/patient")
    if person is None:
        return ""
    name, birth = words(person.find("name")), attribute(person, "birthTime", "value")
    return f"{name}|{birth}" if name and birth else ""


def _authors(document: Document) -> list[dict[str, str]]:
    found = [
        made
        for author in document.root.findall("author")
        if (made := participants.practitioner(document, author.find("assignedAuthor")))
    ]
    unique = list({tuple(sorted(author.items())): author for author in found}.values())
    return unique or [{"display": document.source.organisation or "not stated"}]


def _refused(issues: list[Issue]) -> Translation:
    return Translation(kind="cda", rule_set=RULE_SET, refused=True, issues=issues)
