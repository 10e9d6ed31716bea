"""One received message as FHIR that may be stored: translated, completed and checked. Pure, apart from reading maps."""

from dataclasses import dataclass, field
from typing import Any

import structlog

from adapters import content, hl7v2
from adapters.source import Source, Translation
from fhir_profiles import validation
from fhir_profiles.outcome import Issue
from record_store.inbox import Claimed

MOST_UNMAPPED = 50

log = structlog.get_logger()


@dataclass(slots=True)
class Prepared:
    """A claimed message with its parts. `parts` may be stored; `issues` goes into the inbox row; `refused` means
    that something of it was not stored."""

    message: Claimed
    source: Source
    parts: list[Translation] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    refused: bool = False


def prepare(message: Claimed, source: Source) -> Prepared:
    """Translate and check. A part with a resource that breaks the R4 schema is refused whole."""
    try:
        return _prepare(message, source)
    except Exception as fault:
        # A translator must not raise. If it does, that is a fault of ours about one message, not about its batch.
        log.error("translation_fault", message=message.id, fault=type(fault).__name__)
        issue = Issue(
            "exception", "The translation failed; the message is kept for repair", reason="translation-fault"
        )
        return Prepared(message, source, issues=[issue], refused=True)


def _prepare(message: Claimed, source: Source) -> Prepared:
    prepared = Prepared(message, source)
    for part in _translate(message, source):
        issues = part.issues + [
            Issue(
                "informational",
                "The map does not know this field; the original keeps it",
                unmapped.path,
                severity="information",
                reason="unmapped",
            )
            for unmapped in part.unmapped[:MOST_UNMAPPED]
        ]
        if part.refused:
            prepared.refused = True
        elif faults := _faults(part.resources):
            prepared.refused = True
            issues = faults + issues
        else:
            part.rule_set = f"{part.kind}:{part.rule_set}"
            prepared.parts.append(part)
        prepared.issues += issues
    return prepared


def _translate(message: Claimed, source: Source) -> list[Translation]:
    if message.door == "mllp":
        return hl7v2.translate(message.payload, source)
    return content.translate(message.payload, source)


def _faults(resources: list[dict[str, Any]]) -> list[Issue]:
    found: list[Issue] = []
    for resource in resources:
        found += [issue for issue in validation.issues(resource) if issue.severity in ("error", "fatal")]
    return found
