"""The demo's card authority: issues soft citizen cards with personal certificates, revokes them, publishes the list.

A region's real cards come from the authority of the place; this one stands in for it, key on disk, in demos and tests.
"""

import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from consent import audit
from consent.actor import Actor
from consent.card_shares import UNBLOCK_TRIES, unblock_digest
from consent.card_trust import POLICY
from consent.citizen_card import TRIES
from consent.grants import end_grants_of_card
from consent.notices import tell
from consent.signature_suites import INTERNATIONAL
from consent.soft_card import ITERATIONS, wrap
from fhir_profiles.outcome import NotFound

CARD_YEARS = 10
LIST_FOR = timedelta(days=7)
PUK_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CERTIFICATE_FILE, KEY_FILE = "card-authority.der", "card-authority.key"


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """What the resident is handed: the card file (JSON) and, sealed apart, the PUK."""

    file: dict[str, Any]
    puk: str

    @property
    def serial(self) -> str:
        return str(self.file["serial"])


class Authority:
    """Key and certificate of the authority, in a folder that only the demo's user reads."""

    def __init__(self, certificate: bytes, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self._key = key
        self._name = x509.load_der_x509_certificate(certificate).subject

    @classmethod
    def open(cls, folder: Path, now: datetime) -> "Authority":
        """The authority of a folder; a new one where there is none."""
        certificate_file, key_file = folder / CERTIFICATE_FILE, folder / KEY_FILE
        if not key_file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            key, certificate = _founded(now)
            descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(
                    key.private_bytes(
                        serialization.Encoding.DER,
                        serialization.PrivateFormat.PKCS8,
                        serialization.NoEncryption(),
                    )
                )
            certificate_file.write_bytes(certificate)
        held = serialization.load_der_private_key(key_file.read_bytes(), password=None)
        if not isinstance(held, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is an elliptic curve key")
        return cls(certificate_file.read_bytes(), held)

    def issue(
        self, cursor: Any, resident: int, pin: str, now: datetime, *, iterations: int = ITERATIONS
    ) -> IssuedCard:
        """A new card for a resident: key, certificate, wrapped file; the share goes to the counting server's table."""
        private_key = INTERNATIONAL.generate()
        number = x509.random_serial_number()
        serial = f"{number:x}"
        certificate = self._certificate(INTERNATIONAL.public_key(private_key), number, serial, now)
        share = os.urandom(32)
        file, authenticator = wrap(
            private_key,
            serial=serial,
            suite=INTERNATIONAL.name,
            certificates=[certificate, self.certificate],
            pin=pin,
            share=share,
            iterations=iterations,
        )
        puk = "".join(secrets.choice(PUK_LETTERS) for _ in range(12))
        digest = hashes.Hash(hashes.SHA256())
        digest.update(authenticator)
        cursor.execute(
            "insert into card (serial, resident, certificate, share, verifier, unblock, attempts, unblock_attempts,"
            " issued) values (%(serial)s, %(resident)s, %(certificate)s, %(share)s, %(verifier)s, %(unblock)s,"
            " %(tries)s, %(unblocks)s, %(now)s)",
            {
                "serial": serial,
                "resident": resident,
                "certificate": certificate,
                "share": share,
                "verifier": digest.finalize(),
                "unblock": unblock_digest(serial, puk),
                "tries": TRIES,
                "unblocks": UNBLOCK_TRIES,
                "now": now,
            },
        )
        return IssuedCard(file, puk)

    def revoke(self, cursor: Any, by: Actor, serial: str, now: datetime) -> None:
        """A card is lost: no more sign-ins, its relations end at once, the list says so, the resident is told."""
        cursor.execute(
            "update card set state = 'revoked', ended = %(now)s where serial = %(serial)s and state <> 'revoked'"
            " returning resident",
            {"serial": serial, "now": now},
        )
        row = cursor.fetchone()
        if row is None:
            raise NotFound("There is no such card in force", reason="card-unknown")
        end_grants_of_card(cursor, serial, now)
        self.publish(cursor, now)
        tell(cursor, row[0], "card-revoked", now)
        audit.record(cursor, audit.line(by, now, "U", "card-revoked", resident=row[0], target=serial))

    def publish(self, cursor: Any, now: datetime) -> None:
        """Sign and store the revocation list; again before a week has passed."""
        cursor.execute("select serial, ended from card where state = 'revoked' order by serial")
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._name)
        builder = builder.last_update(now).next_update(now + LIST_FOR)
        for serial, ended in cursor.fetchall():
            entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(ended)
            builder = builder.add_revoked_certificate(entry.build())
        der = builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        cursor.execute(
            "insert into card_revocation_list (issuer, number, der, next_update) values (%(issuer)s, 1, %(der)s,"
            " %(next)s) on conflict (issuer) do update set number = card_revocation_list.number + 1,"
            " der = excluded.der, next_update = excluded.next_update",
            {"issuer": self._name.rfc4514_string(), "der": der, "next": now + LIST_FOR},
        )

    def _certificate(self, public_key: bytes, number: int, serial: str, now: datetime) -> bytes:
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
                x509.NameAttribute(NameOID.COMMON_NAME, "Citizen Card"),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, serial),
            ]
        )
        key = serialization.load_der_public_key(public_key)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)  # type: ignore[arg-type]
            .serial_number(number)
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=365 * CARD_YEARS))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(leaf=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.CertificatePolicies([x509.PolicyInformation(POLICY, None)]), critical=False)
        )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _founded(now: datetime) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Demo Citizen Card Authority"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365 * 2 * CARD_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(leaf=False), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate.public_bytes(serialization.Encoding.DER)


def _usage(*, leaf: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=leaf,
        content_commitment=leaf,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not leaf,
        crl_sign=not leaf,
        encipher_only=False,
        decipher_only=False,
    )
