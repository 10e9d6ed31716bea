"""Signature suites of citizen cards behind one interface. `intl` is P-256 with SHA-256 (JWS ES256, RFC 7518 §3.4).

Signatures travel as r‖s, 32 bytes each: what WebCrypto makes and JWS wants.
"""

from collections.abc import Mapping
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

HALF = 32


class Suite(Protocol):
    """One way to make keys, sign and verify. Private keys are PKCS #8 DER, public keys SubjectPublicKeyInfo DER."""

    @property
    def name(self) -> str: ...

    @property
    def jws_algorithm(self) -> str: ...

    def generate(self) -> bytes: ...

    def public_key(self, private_key: bytes) -> bytes: ...

    def sign(self, private_key: bytes, data: bytes) -> bytes: ...

    def verify(self, public_key: bytes, data: bytes, signature: bytes) -> bool: ...


class International:
    """P-256 and SHA-256."""

    name = "intl"
    jws_algorithm = "ES256"

    def generate(self) -> bytes:
        key = ec.generate_private_key(ec.SECP256R1())
        return key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def public_key(self, private_key: bytes) -> bytes:
        return (
            _private(private_key)
            .public_key()
            .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def sign(self, private_key: bytes, data: bytes) -> bytes:
        der = _private(private_key).sign(data, ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(der)
        return r.to_bytes(HALF, "big") + s.to_bytes(HALF, "big")

    def verify(self, public_key: bytes, data: bytes, signature: bytes) -> bool:
        if len(signature) != 2 * HALF:
            return False
        key = serialization.load_der_public_key(public_key)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            return False
        r, s = int.from_bytes(signature[:HALF], "big"), int.from_bytes(signature[HALF:], "big")
        try:
            key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


INTERNATIONAL = International()
SUITES: Mapping[str, Suite] = {INTERNATIONAL.name: INTERNATIONAL}


def _private(der: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_der_private_key(der, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("a card of this suite holds an elliptic curve key")
    return key
