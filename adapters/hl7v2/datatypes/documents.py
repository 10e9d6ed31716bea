"""ED and RP to Attachment: base64, hexadecimal or plain data, with the media type that the type codes mean."""

import base64
import binascii
import re
from typing import Any

from adapters.hl7v2.draft import Draft

_TYPES = {
    "PDF": "application/pdf",
    "RTF": "application/rtf",
    "XML": "application/xml",
    "CDA": "application/xml",
    "HTML": "text/html",
    "XHTML": "application/xhtml+xml",
    "JPG": "image/jpeg",
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "DICOM": "application/dicom",
    "DCM": "application/dicom",
    "TXT": "text/plain",
    "TEXT": "text/plain",
    "PLAIN": "text/plain",
    "MSWORD": "application/msword",
    "DOC": "application/msword",
    "JSON": "application/json",
    "ZIP": "application/zip",
    "X-HL7-CDA-LEVEL-ONE": "application/xml",
}
_MAIN = {"application", "text", "image", "audio", "video", "multipart", "message"}
_MAIN_TYPES = {"AP": "application", "AU": "audio", "IM": "image", "TEXT": "text", "FT": "text", "TX": "text"}
_MEDIA = re.compile(r"[a-z]+/[a-zA-Z0-9.+-]+$")
_SPACE = re.compile(r"\s+")
_MAGIC = (
    (b"%PDF", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)


def attachment(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Attachment of an ED (source, type, subtype, encoding, data); `data` is base64 and whole."""
    encoding = draft.encoding
    pieces = raw.split(encoding.component, 4)
    pieces += [""] * (5 - len(pieces))
    kind, subtype, how = (encoding.text(piece) for piece in pieces[1:4])
    content = decoded(encoding.text(pieces[4]) if encoding.escape in pieces[4] else pieces[4], how)
    if not content:
        return None
    media = media_type(kind, subtype) or _sniffed(content)
    return {"contentType": media, "data": base64.b64encode(content).decode()}


def pointer(raw: str, draft: Draft) -> dict[str, Any] | None:
    """Attachment of an RP (pointer, application, type, subtype): the place, not the data."""
    texts = draft.encoding.texts(raw)
    texts += [""] * (4 - len(texts))
    address = draft.encoding.text(raw.split(draft.encoding.component, maxsplit=1)[0])
    if not address:
        return None
    found: dict[str, Any] = {}
    if media := media_type(texts[2], texts[3]):
        found["contentType"] = media
    if _SPACE.search(address):
        found["title"] = address
    else:
        found["url"] = address
    return found


def media_type(kind: str, subtype: str) -> str:
    """The media type that ED.2 and ED.3 (or RP.3 and RP.4) mean; empty when they say nothing."""
    if known := _TYPES.get(subtype.upper()):
        return known
    main = _MAIN_TYPES.get(kind.upper(), kind.lower())
    written = f"{main}/{subtype.lower()}"
    if main in _MAIN and subtype and _MEDIA.match(written):
        return written
    if _MEDIA.match(kind):
        return kind
    return _TYPES.get(kind.upper(), "")


def decoded(text: str, how: str) -> bytes | None:
    """The bytes of encoded data; None when it is none of what it says."""
    plain = _SPACE.sub("", text)
    if not plain:
        return None
    way = how.upper()
    if way.startswith("HEX"):
        try:
            return bytes.fromhex(plain)
        except ValueError:
            return text.encode()
    if way in ("A", "NONE", "PLAIN", "ASCII"):
        return text.encode()
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return text.encode() if way not in ("BASE64",) else None


def _sniffed(content: bytes) -> str:
    for magic, media in _MAGIC:
        if content.startswith(magic):
            return media
    head = content[:200].lstrip()
    return "application/xml" if head.startswith(b"<") else "application/octet-stream"
