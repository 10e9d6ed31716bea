"""The demo's citizen card: a JSON file whose key opens with the PIN *and* a share that the counting server holds.

The file (all binary values base64, standard alphabet):

    {"format": "hie-soft-card-1", "serial": "...", "suite": "intl",
     "certificates": [leaf DER, issuer DER],
     "kdf": {"name": "PBKDF2", "hash": "SHA-256", "salt": ..., "iterations": 600000},
     "cipher": {"name": "AES-GCM", "iv": ...}, "wrapped": ciphertext and tag of the PKCS #8 key}

Opening it, in a browser with WebCrypto or here:

1. P = PBKDF2-HMAC-SHA-256(PIN as UTF-8, salt, iterations), 32 bytes.
2. authenticator = HKDF-SHA-256(P, no salt, info "hie-card-authenticator"), 32 bytes, goes to the counting server with
   the serial. The server counts the try before it compares; the right one gets the share (32 bytes) and resets the
   count, the wrong one gets the number of tries left. At six the card locks. The wrong PIN never gets the share, so
   a stolen file gives six guesses and nothing to work on offline.
3. wrapping key = HKDF-SHA-256(P ‖ share, no salt, info "hie-card-wrapping"), 32 bytes; AES-256-GCM opens `wrapped`
   with the serial (UTF-8) as additional data. The private key never reaches the server.
4. The key signs with ECDSA P-256 and SHA-256; the signature is r‖s, 64 bytes.
"""

import base64
import hashlib
import os
from collections.abc import Mapping
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consent.citizen_card import CardInfo
from consent.signature_suites import SUITES
from fhir_profiles.outcome import Forbidden, Invalid

FORMAT = "hie-soft-card-1"
ITERATIONS = 600_000
LENGTH = 32


class CountingServer(Protocol):
    """Where shares wait: `attempt` gives the share for the right authenticator, and raises WrongPin or CardLocked."""

    def attempt(self, serial: str, authenticator: bytes) -> bytes: ...

    def retries(self, serial: str) -> int: ...


def wrap(
    private_key: bytes,
    *,
    serial: str,
    suite: str,
    certificates: list[bytes],
    pin: str,
    share: bytes,
    iterations: int,
) -> tuple[dict[str, Any], bytes]:
    """A new card file, and the authenticator that the counting server must know (as its SHA-256)."""
    salt, iv = os.urandom(16), os.urandom(12)
    stretched = _stretch(pin, salt, iterations)
    sealed = AESGCM(_derive(stretched + share, b"hie-card-wrapping")).encrypt(
        iv, private_key, serial.encode()
    )
    file = {
        "format": FORMAT,
        "serial": serial,
        "suite": suite,
        "certificates": [_text(certificate) for certificate in certificates],
        "kdf": {"name": "PBKDF2", "hash": "SHA-256", "salt": _text(salt), "iterations": iterations},
        "cipher": {"name": "AES-GCM", "iv": _text(iv)},
        "wrapped": _text(sealed),
    }
    return file, _derive(stretched, b"hie-card-authenticator")


class SoftCard:
    """The `softfile` driver of the card port."""

    def __init__(self, file: Mapping[str, Any], server: CountingServer) -> None:
        if file.get("format") != FORMAT:
            raise Invalid("This is no soft card file", reason="card-format")
        self._file = file
        self._server = server
        self._key: bytes | None = None

    def info(self) -> CardInfo:
        return CardInfo(self._file["serial"], self._file["suite"])

    def certificates(self) -> list[bytes]:
        return [base64.b64decode(certificate) for certificate in self._file["certificates"]]

    def verify_pin(self, pin: str) -> None:
        kdf = self._file["kdf"]
        stretched = _stretch(pin, base64.b64decode(kdf["salt"]), kdf["iterations"])
        serial = self._file["serial"]
        share = self._server.attempt(serial, _derive(stretched, b"hie-card-authenticator"))
        wrapping = AESGCM(_derive(stretched + share, b"hie-card-wrapping"))
        iv, wrapped = base64.b64decode(self._file["cipher"]["iv"]), base64.b64decode(self._file["wrapped"])
        try:
            self._key = wrapping.decrypt(iv, wrapped, serial.encode())
        except InvalidTag as error:
            raise Invalid("The card file was changed", reason="card-format") from error

    def sign(self, data: bytes) -> bytes:
        if self._key is None:
            raise Forbidden("The card wants its PIN first", reason="card-pin-needed")
        return SUITES[self._file["suite"]].sign(self._key, data)

    def retries(self) -> int:
        return self._server.retries(self._file["serial"])


def _stretch(pin: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, iterations, LENGTH)


def _derive(material: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), LENGTH, salt=None, info=purpose).derive(material)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
