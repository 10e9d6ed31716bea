"""The entry of the adapter: bytes in, Translations out."""

from typing import Any

from adapters import charset
from adapters.hl7v2 import header as headers
from adapters.hl7v2 import message as messages
from adapters.hl7v2 import structure
from adapters.hl7v2.draft import Draft
from adapters.hl7v2.families.registry import family_of
from adapters.hl7v2.message import Message
from adapters.hl7v2.rulebook import Rulebook, rulebook
from adapters.hl7v2.walk import walk
from adapters.source import Source, Translation
from fhir_profiles.outcome import Issue

KIND = "hl7v2"
_NOT_A_MESSAGE = Issue(
    "structure",
    "There is no MSH segment: this is not an HL7v2 message",
    "MSH",
    severity="fatal",
    reason="no-header",
)
_UNREADABLE = Issue(
    "value",
    "The bytes are neither UTF-8 nor GB18030 nor what MSH-18 says; resend in one of them",
    "MSH-18",
    severity="fatal",
    reason="undecodable",
)

_NOTHING_TO_KEEP = {
    code: Issue("not-supported", text, "MSH-9", severity="fatal", reason=reason)
    for codes, text, reason in (
        ("ACK MCF", "An acknowledgement holds nothing for the record", "acknowledgement"),
        (
            "QBP QRY QCN QSB QVR QCK VXQ",
            "A query asks and tells nothing; this door takes what happened",
            "query",
        ),
    )
    for code in codes.split()
}
_NOTHING_KNOWN = Issue(
    "not-supported",
    "No segment of this message is one that the rules know; ask for a map",
    "MSH-9",
    severity="fatal",
    reason="nothing-known",
)


def translate(
    payload: bytes, source: Source, *, trace: bool = False, book: Rulebook | None = None
) -> list[Translation]:
    """One Translation per message of the payload (a batch holds several); never raises.

    `trace` asks for the rule ids behind each resource; `book` gives rules with overlays instead of the shipped ones.
    """
    claim = headers.charset_claim(headers.peek(payload[:65536]))
    decoded = charset.decode(payload.strip(b"\x0b\x1c\r\n"), claim, source.charset)
    if decoded is None:
        return [_refused(_UNREADABLE)]
    found = messages.read(decoded.text, decoded.codec)
    if not found:
        return [_refused(_NOT_A_MESSAGE)]
    rules = book or rulebook()
    translations = [_translated(message, source, rules, trace) for message in found]
    if decoded.contradicted:
        note = Issue(
            "value",
            f"The message is in {decoded.codec}, not in the charset that it names",
            "MSH-18",
            severity="warning",
            reason="charset-disagrees",
        )
        for translation in translations:
            translation.issues.append(note)
    return translations


def coverage(traced: list[Translation] | None = None) -> dict[str, int]:
    """Every rule id that fills something, with how often it did in the traced Translations (0 without any)."""
    counts = dict.fromkeys(rulebook().rules.ids(), 0)
    for translation in traced or []:
        for fired in translation.rules.values():
            for rule in fired:
                counts[rule] = counts.get(rule, 0) + 1
    return counts


def _translated(message: Message, source: Source, rules: Rulebook, trace: bool) -> Translation:
    code = message.value(message.header, 9).upper()
    control_id = message.value(message.header, 10)
    if not code:
        return _refused(
            Issue(
                "required",
                "MSH-9 names no message type; state it",
                "MSH-9",
                severity="fatal",
                reason="no-message-type",
            ),
            control_id,
        )
    event = message.value(message.header, 9, 2)
    event = f"{code}^{event}" if event else code
    try:
        return _mapped(message, source, rules, trace, code, event)
    except Exception:
        # What fails is a fault of ours about one message: it is refused, and its neighbours go on.
        fault = Issue(
            "exception",
            "The message could not be translated; it is kept, report its control id",
            severity="fatal",
            reason="translation-fault",
        )
        return _refused(fault, control_id, event)


def _mapped(
    message: Message, source: Source, rules: Rulebook, trace: bool, code: str, event: str
) -> Translation:
    control_id = message.value(message.header, 10)
    findings = structure.issues(message, strict=source.strict)
    if source.strict and any(finding.severity == "error" for finding in findings):
        return Translation(KIND, control_id=control_id, event=event, refused=True, issues=findings)
    results = any(segment.name == "OBX" for segment in message.segments)
    family = family_of(code, results=results)
    draft = Draft(message, source, rules.maps, reporting=family.reporting, trace=trace)
    draft.issues.extend(findings)
    walk(draft, family.handlers, rules.read)
    if family.patient_needed and not draft.patient:
        return _refused(_NOTHING_TO_KEEP.get(code) or _no_patient(message), control_id, event)
    if not draft.resources:
        refusal = _refused(_NOTHING_KNOWN, control_id, event)
        refusal.issues.extend(draft.issues)
        refusal.unmapped = draft.unmapped_values
        return refusal
    return _finished(draft, rules, event)


def _no_patient(message: Message) -> Issue:
    text = "PID names neither a number nor a name" if message.named("PID") else "There is no PID segment"
    return Issue(
        "required",
        f"{text}: nobody's record can take this message",
        "PID-3",
        severity="fatal",
        reason="no-patient",
    )


def _finished(draft: Draft, rules: Rulebook, event: str) -> Translation:
    resources: list[dict[str, Any]] = list(draft.resources.values())
    return Translation(
        KIND,
        control_id=draft.control_id,
        event=event,
        patient_key=draft.patient_key,
        occurred=draft.happened or draft.sent_at(),
        rule_set=rules.version,
        resources=resources,
        issues=draft.issues,
        unmapped=draft.unmapped_values,
        merges=draft.merges,
        rules=draft.rules,
    )


def _refused(issue: Issue, control_id: str = "", event: str = "") -> Translation:
    return Translation(KIND, control_id=control_id, event=event, refused=True, issues=[issue])
