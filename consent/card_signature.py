"""What a card signs besides sign-ins: compact JWS (RFC 7515) over the canonical JSON (RFC 8785) of a document.

The protected header carries the personal certificate (`x5c`); only the card's own suite is accepted, never `none`.
"""

import base64
import binascii
import re
from datetime import datetime
from typing import Any

import rfc8785

from consent.card_trust import Holder, accept
from consent.citizen_card import CardToken
from consent.signature_suites import INTERNATIONAL, SUITES
from fhir_profiles.outcome import Forbidden, Invalid
from fhir_profiles.resources import loads

TYPE = "hie-consent+jws"
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def canonical(document: dict[str, Any]) -> bytes:
    """RFC 8785 canonical JSON. Documents that are signed hold no decimals."""
    return bytes(rfc8785.dumps(document))


def signing_input(certificate: bytes, payload: bytes, algorithm: str = INTERNATIONAL.jws_algorithm) -> str:
    """`header.payload`, to be signed by the card as ASCII; a browser gets this text and returns the signature."""
    header = {"alg": algorithm, "typ": TYPE, "x5c": [base64.b64encode(certificate).decode()]}
    return f"{_encode(canonical(header))}.{_encode(payload)}"


def sign(card: CardToken, document: dict[str, Any]) -> str:
    """The compact JWS of a document, by a card whose PIN was verified."""
    algorithm = SUITES[card.info().suite].jws_algorithm
    text = signing_input(card.certificates()[0], canonical(document), algorithm)
    return f"{text}.{_encode(card.sign(text.encode('ascii')))}"


def verify(cursor: Any, issuers: tuple[bytes, ...], jws: str, now: datetime) -> tuple[dict[str, Any], Holder]:
    """The document and who signed it, after all checks of the certificate as of now. Invalid when it cannot be read,
    Forbidden when it is not to be trusted."""
    document, certificate = read(jws)
    holder = accept(cursor, issuers, certificate, now)
    if not fits(jws, holder.public_key):
        raise Forbidden("The signature does not fit the document", reason="card-signature")
    return document, holder


def read(jws: str) -> tuple[dict[str, Any], bytes]:
    """The document and the certificate in a JWS, unverified. Invalid unless the payload is canonical."""
    if not _COMPACT.fullmatch(jws):
        raise Invalid("This is no signed document", reason="signature-unreadable")
    try:
        head, body, _ = jws.split(".")
        header, payload = loads(_decode(head)), _decode(body)
        document = loads(payload)
        certificate = base64.b64decode(header["x5c"][0], validate=True)
    except (ValueError, KeyError, IndexError, TypeError, binascii.Error) as error:
        raise Invalid("This is no signed document", reason="signature-unreadable") from error
    if header.get("alg") != INTERNATIONAL.jws_algorithm or header.get("typ") != TYPE or "crit" in header:
        raise Invalid("This way of signing is not accepted", reason="signature-algorithm")
    if not isinstance(document, dict) or _canonical_or_none(document) != payload:
        raise Invalid("The signed document is not in canonical form", reason="signature-form")
    return document, certificate


def _canonical_or_none(document: dict[str, Any]) -> bytes | None:
    try:
        return canonical(document)
    except rfc8785.CanonicalizationError:
        return None


def fits(jws: str, public_key: bytes) -> bool:
    """Whether the signature was made by this key (SubjectPublicKeyInfo DER) over header and payload."""
    text, _, signature = jws.rpartition(".")
    return INTERNATIONAL.verify(public_key, text.encode("ascii"), _decode(signature))


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
