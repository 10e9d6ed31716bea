"""What acts say through the acts that they hold: status, severity, comments, reasons."""

from collections.abc import Iterator

from adapters.cda.datatypes import pointed
from adapters.cda.document import Document
from adapters.cda.reading import attribute, templates
from adapters.safe_xml import Element

CCDA = "2.16.840.1.113883.10.20.22.4."
COMMENT = f"{CCDA}64"
INSTRUCTION = f"{CCDA}20"
SEVERITY = f"{CCDA}8"
INDICATION = f"{CCDA}19"


def acts(element: Element) -> Iterator[Element]:
    """The acts that an act holds directly."""
    for link in element:
        if link.tag in ("entryRelationship", "component"):
            yield from (act for act in link if isinstance(act.tag, str))


def with_template(element: Element, *roots: str) -> list[Element]:
    """The held acts that carry one of these templates."""
    wanted = frozenset(roots)
    return [act for act in acts(element) if templates(act) & wanted]


def with_code(element: Element, *codes: str) -> list[Element]:
    """The held acts with one of these codes."""
    return [act for act in acts(element) if attribute(act, "code", "code") in codes]


def comments(document: Document, element: Element) -> tuple[list[dict[str, str]], list[Element]]:
    """Notes out of comment and instruction acts, and those acts."""
    found = with_template(element, COMMENT, INSTRUCTION) + with_code(element, "48767-8")
    notes = [
        {"text": text} for act in dict.fromkeys(found) if (text := pointed(act.find("text"), document.texts))
    ]
    return notes, found


def note(document: Document, element: Element, notes: list[dict[str, str]]) -> list[dict[str, str]]:
    """The notes of an act: its own text first."""
    own = document.text(element)
    return ([{"text": own}] if own else []) + notes


def negated(element: Element) -> bool:
    return element.get("negationInd") == "true"


def mood(element: Element) -> str:
    return element.get("moodCode") or "EVN"
