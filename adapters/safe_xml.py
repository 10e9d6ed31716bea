"""XML from strangers: no entities, no network, no DTD, bounded in size and depth.

Bytes are decoded before they are parsed: strict UTF-8 first, then what the declaration names, then GB18030, because
declarations are often wrong (`GB2312` above GBK bytes).

A document type declaration is refused outright, which ends external entities (XXE) and entity bombs alike; the
parser would not follow them either. Nothing in an error says what the document holds.
"""

import re

from lxml import etree

from adapters.charset import decode
from fhir_profiles.outcome import Invalid, TooCostly

LARGEST = 32 * 1024 * 1024
DEEPEST = 100

Element = etree._Element

_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


def parse(payload: bytes | str) -> Element:
    """The root element of an XML document, comments and processing instructions removed.

    Text is taken as already decoded, whatever its declaration claims. Raises Invalid where it is not well formed,
    declares a DTD or nests deeper than DEEPEST; TooCostly above LARGEST bytes.
    """
    content = _as_bytes(payload)
    if len(content) > LARGEST:
        raise TooCostly(
            f"The XML is larger than {LARGEST // 1024 // 1024} MiB; send it in parts.", reason="xml-size"
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
    )
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Invalid("The XML declares a document type (DTD); send it without one.", reason="xml-dtd")
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as fault:
        raise Invalid(
            f"The XML is not well formed ({_place(fault)}); mend it and send it again.", reason="xml"
        ) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Invalid("The XML declares a document type (DTD); send it without one.", reason="xml-dtd")
    if _deeper_than(root, DEEPEST):
        raise Invalid(f"The XML nests deeper than {DEEPEST} elements.", reason="xml-depth")
    return root


def local(element: Element) -> str:
    """The element's name without its namespace."""
    name = element.tag
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def decoded(payload: bytes) -> str:
    """The text of an XML document. Raises Invalid where no encoding fits."""
    declared = _DECLARED.match(payload[:200].lstrip())
    found = decode(payload, declared[1].decode("ascii") if declared else "utf-8")
    if found:
        return found.text
    raise Invalid("The bytes are neither UTF-8 nor the declared encoding nor GB18030.", reason="charset")


def _as_bytes(payload: bytes | str) -> bytes:
    if isinstance(payload, bytes) and len(payload) > LARGEST:
        return payload
    text = (decoded(payload) if isinstance(payload, bytes) else payload).strip().lstrip("\ufeff")
    if text.startswith("<?xml"):
        text = text[text.find("?>") + 2 :]
    return text.encode("utf-8", "replace")


def _place(fault: Exception) -> str:
    line, column = getattr(fault, "position", (0, 0))
    return f"line {line}, column {column}" if line else "its encoding"


def _deeper_than(root: Element, limit: int) -> bool:
    level = [root]
    for _ in range(limit):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True
