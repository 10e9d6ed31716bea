"""Which function takes which entry: by template, by data-element id, then by its class and the section it stands in.

Nothing is skipped because its template is unknown: an act with a code and a value becomes an Observation, one without
is opened and what it holds is taken.
"""

from collections.abc import Callable

from adapters.cda import (
    allergies,
    data_elements,
    element_resources,
    family_history,
    immunizations,
    medications,
    observations,
    problems,
    procedures,
    related,
)
from adapters.cda.document import Document, Section
from adapters.cda.reading import attribute, templates
from adapters.safe_xml import Element

Take = Callable[[Document, Section, Element], list[dict[str, str]]]

_PROBLEMS = frozenset({"11450-4", "11348-0", "46241-6", "11535-2", "29548-5", "10219-4", "10218-6", "8648-8"})
_ALLERGIES = frozenset({"48765-2"})
_IMMUNIZATIONS = frozenset({"11369-6"})
_PROCEDURES = frozenset({"47519-4"})

_TEMPLATES: dict[str, Take] = {
    f"{related.CCDA}4": problems.condition,
    "2.16.840.1.113883.10.20.1.28": problems.condition,
    "1.3.6.1.4.1.19376.1.5.3.1.4.5": problems.condition,
    f"{related.CCDA}7": allergies.allergy,
    "2.16.840.1.113883.10.20.24.3.90": allergies.allergy,
    "1.3.6.1.4.1.19376.1.5.3.1.4.6": allergies.allergy,
    f"{related.CCDA}52": immunizations.immunization,
    f"{related.CCDA}16": medications.medication,
    f"{related.CCDA}42": medications.medication,
    f"{related.CCDA}13": procedures.procedure,
    f"{related.CCDA}45": family_history.member,
    f"{related.CCDA}121": procedures.goal,
}


def take(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    """Take one act and what it holds; the references of the resources that came of it."""
    if not isinstance(act.tag, str) or act.get("nullFlavor") == "NI":
        return []
    if data_elements.is_element(act):
        return element_resources.take(document, section, [act])
    if data_elements.holds_elements(act):
        return element_resources.organizer(document, section, act)
    for root in templates(act):
        if root in _TEMPLATES:
            return _TEMPLATES[root](document, section, act)
    by_class = _CLASSES.get(act.tag)
    return by_class(document, section, act) if by_class else []


def take_all(document: Document, section: Section, acts: list[Element]) -> list[dict[str, str]]:
    """Take the acts of a section, neighbours that tell of one thing together."""
    found: list[dict[str, str]] = []
    for group in data_elements.grouped(acts):
        if len(group) > 1:
            found += element_resources.take(document, section, group)
        else:
            found += take(document, section, group[0])
    return found


def _observation(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    if related.mood(act) == "GOL":
        return procedures.goal(document, section, act)
    if related.mood(act) != "EVN":
        return procedures.procedure(document, section, act)
    has_code = attribute(act, "value", "code") != ""
    if section.code in _ALLERGIES and act.find("participant/participantRole/playingEntity") is not None:
        return allergies.allergy(document, section, act)
    if section.code in _PROBLEMS and has_code and act.find("interpretationCode") is None:
        return problems.condition(document, section, act)
    return observations.observation(document, section, act)


def _act(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    """Wrappers (concerns, notes around entries) are opened; an act with a code of its own and nothing inside is kept."""
    if section.code in _PROCEDURES or related.mood(act) != "EVN":
        return procedures.procedure(document, section, act)
    inner = section.inside(document, act)
    if inner:
        return inner
    text = document.text(act)
    code = document.concept(act.find("code"))
    if text or (
        code and any(coding.get("system", "").startswith("http") for coding in code.get("coding", []))
    ):
        return (
            observations.observation(document, section, act)
            if text
            else procedures.procedure(document, section, act)
        )
    return []


def _substance(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    if section.code in _IMMUNIZATIONS:
        return immunizations.immunization(document, section, act)
    return medications.medication(document, section, act)


def _organizer(document: Document, section: Section, act: Element) -> list[dict[str, str]]:
    if act.find("subject/relatedSubject") is not None:
        return family_history.member(document, section, act)
    return observations.organizer(document, section, act)


_CLASSES: dict[str, Take] = {
    "observation": _observation,
    "act": _act,
    "organizer": _organizer,
    "substanceAdministration": _substance,
    "supply": medications.supply,
    "procedure": procedures.procedure,
    "encounter": procedures.encounter,
}
