"""Whether a personal certificate is to be trusted now: issuer, usage, dates, revocation, and the card behind it.

The default verifier of `cryptography` refuses certificates without a subjectAltName, which personal certificates have
not; the chain is one step, so the checks are our own.
"""

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from consent.rule_store import survivor
from fhir_profiles.outcome import Forbidden

POLICY = x509.ObjectIdentifier("2.16.156.10011.99.1.1")
"""Certificate policy of a citizen card; the demo's own arc."""

GRACE = timedelta(hours=6)
"""How long after its nextUpdate a revocation list still counts; then nobody gets in (fail closed)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A card that was accepted: its serial, its resident, its public key (SubjectPublicKeyInfo DER)."""

    serial: str
    resident: int
    public_key: bytes


def accept(cursor: Any, issuers: tuple[bytes, ...], certificate: bytes, now: datetime) -> Holder:
    """The holder of a personal certificate (DER). Forbidden, with a coded reason, for anything that is amiss."""
    try:
        leaf = x509.load_der_x509_certificate(certificate)
    except ValueError as error:
        raise _refused("card-certificate-unreadable") from error
    issuer = _issuer(leaf, issuers)
    if not leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc:
        raise _refused("card-expired")
    if not _usable(leaf):
        raise _refused("card-usage")
    if leaf.serial_number in _revoked(cursor, issuer, now):
        raise _refused("card-revoked")
    serial = str(leaf.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value)
    cursor.execute(
        "select state, certificate, resident from card where serial = %(serial)s",
        {"serial": serial},
    )
    row = cursor.fetchone()
    if row is None or bytes(row[1]) != certificate:
        raise _refused("card-unknown")
    if row[0] != "active":
        raise _refused(f"card-{row[0]}")
    return Holder(serial, survivor(cursor, row[2]), _public_key(leaf))


def issued(issuers: tuple[bytes, ...], certificate: bytes) -> bytes:
    """The public key of a certificate that one of the issuers made, whatever has become of it since: for signatures
    that were accepted in their time. Forbidden otherwise."""
    try:
        leaf = x509.load_der_x509_certificate(certificate)
    except ValueError as error:
        raise _refused("card-certificate-unreadable") from error
    _issuer(leaf, issuers)
    return _public_key(leaf)


def _issuer(leaf: x509.Certificate, issuers: tuple[bytes, ...]) -> x509.Certificate:
    for der in issuers:
        issuer = x509.load_der_x509_certificate(der)
        try:
            leaf.verify_directly_issued_by(issuer)
        except (InvalidSignature, ValueError, TypeError):
            continue
        return issuer
    raise _refused("card-issuer-unknown")


def _usable(leaf: x509.Certificate) -> bool:
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        policies = leaf.extensions.get_extension_for_class(x509.CertificatePolicies).value
        constraints = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    return (
        usage.digital_signature
        and ExtendedKeyUsageOID.CLIENT_AUTH in extended
        and any(policy.policy_identifier == POLICY for policy in policies)
        and not constraints.ca
        and len(leaf.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)) == 1
    )


def _revoked(cursor: Any, issuer: x509.Certificate, now: datetime) -> frozenset[int]:
    cursor.execute(
        "select der from card_revocation_list where issuer = %(issuer)s",
        {"issuer": issuer.subject.rfc4514_string()},
    )
    row = cursor.fetchone()
    if row is None:
        raise _refused("revocation-unknown")
    authentic, next_update, serials = _read_list(bytes(row[0]), _public_key(issuer))
    if not authentic or now > next_update + GRACE:
        raise _refused("revocation-unknown")
    return serials


@functools.lru_cache(maxsize=4)
def _read_list(der: bytes, issuer_key: bytes) -> tuple[bool, datetime, frozenset[int]]:
    """Parsed and verified once for each list that appears."""
    revocations = x509.load_der_x509_crl(der)
    key = serialization.load_der_public_key(issuer_key)
    authentic = revocations.is_signature_valid(key)  # type: ignore[arg-type]
    next_update = revocations.next_update_utc or revocations.last_update_utc
    return authentic, next_update, frozenset(entry.serial_number for entry in revocations)


def _public_key(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _refused(reason: str) -> Forbidden:
    return Forbidden("The card was not accepted", reason=reason)
