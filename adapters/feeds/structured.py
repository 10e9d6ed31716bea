"""XML, JSON and strings inside SOAP bodies to records.

Half of the interfaces of the place are web services with one string in: XML or JSON, escaped or in CDATA, inside an
envelope of their own (often SOAP). `opened` unpacks until the content itself is reached, five layers at most.
"""

import base64
import binascii
from typing import Any

from lxml import etree

from adapters.feeds.flat_files import decoded
from adapters.feeds.record import Record, from_json, from_xml
from adapters.safe_xml import Element, local, parse
from fhir_profiles.outcome import Invalid
from fhir_profiles.resources import loads

LAYERS = 5
_IN_BASE64 = ("PD94bWw", "PENsaW5pY2Fs", "77u/PD94bWw", "77u/PENsaW5p")
"""How XML declarations and clinical documents begin in base64, with a byte order mark or without."""


def whole(content: Any) -> Record:
    """A parsed document as one record: a JSON object or list, or an XML element. Raises Invalid."""
    try:
        if isinstance(content, dict):
            return from_json(content)
        if isinstance(content, list):
            if not all(isinstance(item, dict) for item in content):
                raise Invalid("The JSON list must hold objects.", reason="json")
            return Record(
                {}, {"": [from_json(item, None, f"record {n}:") for n, item in enumerate(content, 1)]}
            )
        if isinstance(content, etree._Element):
            made = from_xml(content)
            made.place = local(content)
            return made
    except ValueError:
        raise Invalid("The document nests too deep.", reason="depth") from None
    raise Invalid("The JSON holds no object.", reason="json")


def records_of(document: Record, path: str) -> list[Record]:
    """The records in a document: where `path` leads, each of a list, or the document itself.

    A path that names the root element means the root.
    """
    listed = document.lists.get("")
    if listed is not None:
        return [deep for item in listed for deep in item.children(path)] if path else listed
    found = document.children(path) if path else [document]
    if not found and path == document.place:
        return [document]
    for number, record in enumerate(found, 1):
        record.place = f"record {number}:"
    return found


def opened(payload: bytes | str) -> Any:
    """What lies inside: an XML element, or a JSON object or list. Raises Invalid where it can't be read."""
    content: Any = parse(payload)
    for _ in range(LAYERS):
        inner = _string_inside(content) if not isinstance(content, (dict, list)) else None
        if inner is None:
            return content
        content = parse(inner) if inner.startswith("<") else json_of(inner)
    raise Invalid(f"The envelope wraps more than {LAYERS} layers.", reason="envelope")


def innermost(payload: bytes) -> bytes | None:
    """The string that an envelope carries (a document, a message, JSON), as UTF-8; None where it carries none."""
    content: Any = parse(payload)
    found: str | None = None
    for _ in range(LAYERS):
        inner = _string_inside(content, beginnings=("<", "{", "[", "MSH", *_IN_BASE64))
        if inner is None:
            break
        found = inner = _unpacked(inner)
        if not inner.startswith("<"):
            break
        content = parse(inner)
    return found.encode("utf-8") if found else None


def _unpacked(text: str) -> str:
    """A document in base64 (IHE XDS.b Provide and Register) as text; anything else as it is."""
    if not text.startswith(_IN_BASE64):
        return text
    try:
        return decoded(base64.b64decode("".join(text.split()), validate=True), "gb18030")
    except (binascii.Error, ValueError):
        return text


def written(element: Element) -> bytes:
    """An element and what it holds as XML."""
    return bytes(etree.tostring(element, encoding="utf-8", with_tail=False))


def json_of(text: str) -> Any:
    """A JSON document, or NDJSON as a list. Raises Invalid where it is neither."""
    try:
        return loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        lines = [line for line in text.splitlines() if line.strip()]
    try:
        if len(lines) > 1:
            return [loads(line) for line in lines]
    except (ValueError, RecursionError):
        pass
    raise Invalid("The text is no JSON document.", reason="json")


def _string_inside(element: Element, beginnings: tuple[str, ...] = ("<", "{", "[")) -> str | None:
    for node in element.iter():
        text = (node.text or "").strip()
        if text.startswith(beginnings) and len(text) > 1 and not len(node):
            return text
    return None
