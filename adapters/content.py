"""What a payload is, decided by its content, and the adapter that reads it.

File names and content types lie; the first bytes rarely do. A source with a feed map is read by that map; one without
by HL7v2, CDA or FHIR where the content is that, and else by the shipped map whose columns fit.
"""

import re
from functools import lru_cache
from pathlib import Path

from adapters import cda, feeds, fhir, hl7v2
from adapters.feeds import dbf, structured
from adapters.safe_xml import local, parse
from adapters.source import Source, Translation
from fhir_profiles.outcome import Failure, Issue, NotFound
from fhir_profiles.resource_types import NUMBER

LARGEST = 64 * 1024 * 1024
_HL7V2 = re.compile(rb"^[\x0b\s]*(?:\xef\xbb\xbf)?[\x0b\s]*(?:MSH|FHS|BHS)[^A-Za-z0-9\s]")
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s/>]")
_RESOURCE = re.compile(rb'"resourceType"\s*:')
_SQL = re.compile(rb"^\s*(?:--[^\n]*\n|\s)*(?:CREATE\s+TABLE|INSERT\s+INTO)\b", re.IGNORECASE)


def kind(payload: bytes) -> str:
    """`hl7v2`, `cda`, `soap`, `xml`, `fhir`, `json`, `dbf`, `sql`, `text`, or `binary` for what is none of these."""
    if _HL7V2.match(payload[:64]):
        return "hl7v2"
    head = payload[:4096]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", "replace").encode()
    head = head.lstrip(b"\xef\xbb\xbf \t\r\n\x0b")
    if head[:1] == b"<":
        return _kind_of_xml(head)
    if head[:1] in (b"{", b"["):
        return "fhir" if _RESOURCE.search(payload[:65536]) else "json"
    return _kind_of_file(payload, head)


def _kind_of_xml(head: bytes) -> str:
    root = _ROOT.search(head)
    return {b"ClinicalDocument": "cda", b"Envelope": "soap"}.get(root[1] if root else b"", "xml")


def _kind_of_file(payload: bytes, head: bytes) -> str:
    if dbf.looks_like(payload):
        return "dbf"
    if _SQL.match(head):
        return "sql"
    return "binary" if b"\0" in head or not head else "text"


def translate(payload: bytes, source: Source) -> list[Translation]:
    """Translate whatever a source sent. Never raises: what isn't understood is refused with a reason."""
    if len(payload) > LARGEST:
        return [_refused("too-costly", f"The payload is larger than {LARGEST // 1024 // 1024} MiB.", "size")]
    if not payload.strip():
        return [_refused("required", "There is nothing in it.", "empty")]
    try:
        if source.feed_map:
            return feeds.translate(payload, source, feed_map(source.feed_map))
        return _by_content(payload, source)
    except Failure as failure:
        return [Translation("unknown", refused=True, issues=list(failure.issues))]


def feed_map(name: str) -> feeds.FeedMap:
    """A map by the name of a shipped one, or by the path of a TOML file, compiled again when the file has changed.

    Raises NotFound, Invalid.
    """
    if not name.endswith(".toml"):
        return feeds.shipped(name)
    path = Path(name)
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        raise NotFound(
            f"There is no feed map {path.name} where the source says.", reason="feed-map"
        ) from None
    return _loaded(path, changed)


@lru_cache(maxsize=256)
def _loaded(path: Path, changed: int) -> feeds.FeedMap:
    return feeds.load(path)


def _by_content(payload: bytes, source: Source) -> list[Translation]:
    match kind(payload):
        case "hl7v2":
            return hl7v2.translate(payload, source)
        case "cda":
            return cda.translate(payload, source)
        case "fhir":
            return fhir.translate(payload, source)
        case "soap" | "xml":
            return _enveloped(payload, source)
        case "binary":
            return [
                _refused(
                    "not-supported", "The bytes are no message, document or table that is known.", "content"
                )
            ]
        case _:
            return _guessed(payload, source)


def _enveloped(payload: bytes, source: Source) -> list[Translation]:
    """XML that isn't a document itself may carry one: as a child of its body, or as a string."""
    found = feeds.guess(payload, source)
    if found:
        return feeds.translate(payload, source, found)
    document = next((e for e in parse(payload).iter() if local(e) == "ClinicalDocument"), None)
    if document is not None:
        return cda.translate(structured.written(document), source)
    inner = structured.innermost(payload)
    if inner and kind(inner) not in ("text", "binary"):
        return _by_content(inner, source)
    root = local(parse(payload))[:60]
    if root in NUMBER:
        return [_refused("not-supported", "FHIR is taken as JSON, not as XML.", "fhir-xml")]
    if kind(payload) == "xml":
        return cda.translate(payload, source)
    return [_refused("not-supported", f"No map fits this XML (root {root}); name one.", "no-map")]


def _guessed(payload: bytes, source: Source) -> list[Translation]:
    found = feeds.guess(payload, source)
    if found is None:
        return [_refused("not-supported", "No shipped feed map fits these columns; name a map.", "no-map")]
    return feeds.translate(payload, source, found)


def _refused(code: str, text: str, reason: str) -> Translation:
    return Translation("unknown", refused=True, issues=[Issue(code, text, reason=reason)])
