"""A resident's directives: signed by the card, stored as FHIR Consent, compiled, and in force on the next request.

At most one directive is active for a key; a newer one supersedes it and the history stays. Everything happens in one
transaction: the document, its rules, the epochs, the notice and the line of the trace.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from consent import audit, card_signature, rule_store
from consent.actor import Actor
from consent.card_trust import Holder, issued
from consent.directive_profile import Consent, compiled, switch_key, unenforceable
from consent.judgement import resident_of_row
from consent.notices import tell
from consent.rules import Rule
from fhir_profiles.outcome import Conflict, Forbidden, Invalid, Issue, NotFound, Unprocessable
from fhir_profiles.resources import dumps, loads

FRESH = timedelta(minutes=10)
"""How old `dateTime` may be: an old signature is no new will."""


@dataclass(frozen=True, slots=True)
class Trust:
    """`secret` is the deployment's (it keys the rule seals); `issuers` are card authorities' certificates (DER)."""

    secret: bytes
    issuers: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """One stored Consent. `state` is active, superseded, withdrawn or document; a document has no effect."""

    consent: Consent
    version: int
    state: str
    effective: bool
    recorded: datetime
    ended: datetime | None


def register(cursor: Any, trust: Trust, resident: int, jws: str, by: Actor, now: datetime) -> Kept:
    """Put a signed directive in force. Unprocessable (with all issues) for what cannot be enforced, Forbidden when the
    card is not the resident's or a guardian's, Conflict for an id that was used before."""
    consent, holder = card_signature.verify(cursor, trust.issuers, jws, now)
    _may_direct(cursor, holder, resident, now)
    if issues := unenforceable(consent):
        raise Unprocessable(issues=issues)
    if consent["status"] != "active":
        raise Unprocessable(
            "A new directive is active", expression="Consent.status", reason="directive-status"
        )
    _fresh(consent, now)
    _about(cursor, consent, resident)
    identity = _identity(consent)
    cursor.execute("select 1 from consent_directive where consent = %(id)s limit 1", {"id": str(identity)})
    if cursor.fetchone():
        raise Conflict("A directive with this id exists", reason="directive-exists")
    key = switch_key(consent)
    _end_active(cursor, trust, resident, key, now)
    _insert(cursor, resident, key, "active", True, consent, 1, jws, holder.serial, now)
    _compile(cursor, trust, resident)
    _tell(cursor, resident, by, identity, "C", key, now)
    return Kept(consent, 1, "active", True, now, None)


def withdraw(cursor: Any, trust: Trust, resident: int, jws: str, by: Actor, now: datetime) -> Kept:
    """End an active directive: the signed document is the same Consent with status inactive and a new dateTime."""
    consent, holder = card_signature.verify(cursor, trust.issuers, jws, now)
    _may_direct(cursor, holder, resident, now)
    _fresh(consent, now)
    identity = _identity(consent)
    for member in _circle(cursor, resident):
        rule_store.lock(cursor, member)
    cursor.execute(
        "select resident, key, version, document from consent_directive where consent = %(id)s and state = 'active'",
        {"id": str(identity)},
    )
    row = cursor.fetchone()
    if row is None or row[0] not in _circle(cursor, resident):
        raise NotFound("There is no such directive in force", reason="directive-unknown")
    holder_of, key, version, document = row
    before = loads(bytes(document))
    if consent.get("status") != "inactive" or consent.get("provision") != before["provision"]:
        raise Unprocessable(
            "To withdraw a directive, sign it with status inactive",
            expression="Consent.status",
            reason="directive-status",
        )
    cursor.execute(
        "update consent_directive set state = 'superseded', ended = %(now)s where consent = %(id)s and state = 'active'",
        {"id": str(identity), "now": now},
    )
    _insert(cursor, holder_of, key, "withdrawn", False, consent, version + 1, jws, holder.serial, now)
    _compile(cursor, trust, holder_of)
    _tell(cursor, resident, by, identity, "D", key, now)
    return Kept(consent, version + 1, "withdrawn", False, now, now)


def keep_document(cursor: Any, resident: int, consent: Consent, by: Actor, now: datetime) -> list[Issue]:
    """Keep a Consent that is no directive (a scanned form, a foreign profile) without effect, and say why it has
    none."""
    issues = unenforceable(consent)
    if not issues:
        issues = [Issue("informational", "It was not signed by the card", reason="directive-unsigned")]
    identity = _identity(consent)
    _insert(cursor, resident, f"document|{identity}", "document", False, consent, 1, "", "", now)
    audit.record(
        cursor, audit.line(by, now, "C", "consent-document", resident=resident, target=str(identity))
    )
    return issues


def listed(cursor: Any, resident: int) -> list[Kept]:
    """All Consents of a resident, newest first."""
    cursor.execute(
        f"{rule_store.CIRCLE} select d.document, d.version, d.state, d.effective, d.recorded, d.ended"
        " from circle c join consent_directive d on d.resident = c.member order by d.recorded desc, d.version desc",
        {"residents": [resident]},
    )
    return [Kept(loads(bytes(row[0])), *row[1:]) for row in cursor.fetchall()]


def damaged(cursor: Any, trust: Trust) -> list[int]:
    """Residents whose stored directives, signatures and rules do not agree: the whole region, from the documents."""
    cursor.execute(
        "select distinct resident from consent_directive where state = 'active' union select resident from consent_rule"
    )
    residents = [row[0] for row in cursor.fetchall()]
    key = rule_store.seal_key(trust.secret)
    found = []
    for resident in residents:
        stored = rule_store.load(cursor, key, [resident])[resident]
        try:
            signed = [rule for member in _circle(cursor, resident) for rule in _rules(cursor, trust, member)]
        except (Forbidden, Invalid):
            found.append(resident)
            continue
        if not stored.intact or set(signed) != set(stored.rules):
            found.append(resident)
    return found


def _compile(cursor: Any, trust: Trust, resident: int) -> None:
    rule_store.store(cursor, rule_store.seal_key(trust.secret), resident, _rules(cursor, trust, resident))


def _rules(cursor: Any, trust: Trust, resident: int) -> list[Rule]:
    """The rules of a resident's active directives, from the signed documents, each signature verified anew."""
    cursor.execute(
        "select version, document, signature from consent_directive"
        " where resident = %(resident)s and state = 'active' and effective order by consent",
        {"resident": resident},
    )
    rules = []
    for version, document, jws in cursor.fetchall():
        signed, certificate = card_signature.read(jws)
        consent = loads(bytes(document))
        if signed != consent or not card_signature.fits(jws, issued(trust.issuers, certificate)):
            raise Forbidden("A stored directive does not verify", reason="directives-damaged")
        rules.append(compiled(consent, version))
    return rules


def _may_direct(cursor: Any, holder: Holder, resident: int, now: datetime) -> None:
    if holder.resident == resident:
        return
    cursor.execute(
        "select 1 from guardian where ward = %(ward)s and guardian = %(guardian)s and starts <= %(now)s and ends > %(now)s",
        {"ward": resident, "guardian": holder.resident, "now": now},
    )
    if cursor.fetchone() is None:
        raise Forbidden("This card is not the resident's", reason="card-of-another")


def _fresh(consent: Consent, now: datetime) -> None:
    try:
        signed = datetime.fromisoformat(str(consent.get("dateTime")))
        old = abs(now - signed) > FRESH
    except (ValueError, TypeError):
        old = True
    if old:
        raise Unprocessable(
            "Sign again: dateTime is not of now", expression="Consent.dateTime", reason="directive-stale"
        )


def _about(cursor: Any, consent: Consent, resident: int) -> None:
    """Patient and target must be this resident's own: nobody closes what belongs to another."""
    named = [((consent.get("patient") or {}).get("reference", ""), "Consent.patient")]
    for entry in consent["provision"].get("data", ()):
        named.append((entry["reference"]["reference"], "Consent.provision.data"))
    cursor.execute("set local role hie_reader")
    owners = [(resident_of_row(cursor, *reference.partition("/")[::2]), where) for reference, where in named]
    cursor.execute("set local role none")
    for owner, where in owners:
        if owner != resident:
            raise Unprocessable(
                "This is not the resident's own", expression=where, reason="directive-foreign-target"
            )


def _identity(consent: Consent) -> UUID:
    try:
        return UUID(str(consent.get("id")))
    except ValueError as error:
        raise Unprocessable(
            "A directive's id is a UUID", expression="Consent.id", reason="directive-id"
        ) from error


def _end_active(cursor: Any, trust: Trust, resident: int, key: str, now: datetime) -> None:
    for member in _circle(cursor, resident):
        rule_store.lock(cursor, member)
        cursor.execute(
            "update consent_directive set state = 'superseded', ended = %(now)s"
            " where resident = %(member)s and key = %(key)s and state = 'active'",
            {"member": member, "key": key, "now": now},
        )
        if cursor.rowcount and member != resident:
            _compile(cursor, trust, member)


def _circle(cursor: Any, resident: int) -> list[int]:
    cursor.execute(
        f"{rule_store.CIRCLE} select member from circle order by member", {"residents": [resident]}
    )
    return [row[0] for row in cursor.fetchall()]


def _insert(
    cursor: Any,
    resident: int,
    key: str,
    state: str,
    effective: bool,
    consent: Consent,
    version: int,
    jws: str,
    serial: str,
    now: datetime,
) -> None:
    cursor.execute(
        "insert into consent_directive (consent, version, resident, key, state, effective, document, signature,"
        " card_serial, recorded, ended) values (%(consent)s, %(version)s, %(resident)s, %(key)s, %(state)s,"
        " %(effective)s, %(document)s, %(signature)s, %(serial)s, %(now)s, %(ended)s)",
        {
            "consent": str(_identity(consent)),
            "version": version,
            "resident": resident,
            "key": key,
            "state": state,
            "effective": effective,
            "document": dumps(consent),
            "signature": jws,
            "serial": serial,
            "now": now,
            "ended": now if state == "withdrawn" else None,
        },
    )


def _tell(
    cursor: Any, resident: int, by: Actor, identity: UUID, action: audit.Action, key: str, now: datetime
) -> None:
    tell(cursor, resident, "consent-changed", now, display=by.display, detail=key)
    audit.record(
        cursor,
        audit.line(
            by, now, action, "directive", resident=resident, target=str(identity), basis="policy:self"
        ),
    )
