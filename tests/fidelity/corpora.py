"""Every file of the corpora through the adapters, counted by type: `python -m tests.fidelity.corpora` prints the table."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from adapters import content
from adapters.cda.tables import document_titles
from adapters.source import Source, Translation
from fhir_profiles import validation

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
FOLDERS = ("hl7v2", "cn-shapes", "cn-synthetic", "cda")
LEFT_OUT = frozenset({".md", ".ndjson", ".json", ".gz", ".py"})
SOURCE = Source(name="try", organisation="try", identifier_system="urn:hie:source:try")


@dataclass
class Count:
    """Of one type: how many became FHIR, their resources, and refusals by reason."""

    translated: int = 0
    resources: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def files(folder: str) -> Iterator[Path]:
    """The messages, documents and tables of a corpus (not the descriptions beside them)."""
    for path in sorted((CORPORA / folder).rglob("*")):
        if path.is_file() and path.suffix not in LEFT_OUT:
            yield path


def checked(payload: bytes) -> list[Translation]:
    """What the exchange would store: translated, and refused where the R4 schema says no."""
    parts = content.translate(payload, SOURCE)
    for part in parts:
        faults = [fault for resource in part.resources for fault in validation.issues(resource)]
        if faults:
            part.refused, part.issues = True, faults
    return parts


def counted(folder: str) -> dict[str, Count]:
    """Counts by type for one corpus."""
    found: dict[str, Count] = defaultdict(Count)
    for path in files(folder):
        payload = path.read_bytes()
        for part in checked(payload):
            count = found[name_of(payload, part, path)]
            if part.refused:
                count.refused[part.issues[0].reason or part.issues[0].text] += 1
            else:
                count.translated += 1
                count.resources += len(part.resources)
    return dict(found)


def name_of(payload: bytes, part: Translation, path: Path) -> str:
    """The type of a message or document, as the table names it."""
    kind = part.kind if part.kind != "unknown" else content.kind(payload)
    if part.refused and path.parent.name.endswith("snippets"):
        return "C-CDA snippet, no document"
    if kind == "cda":
        title = document_titles().get(part.event)
        return f"{part.event} {title}" if title else f"C-CDA {part.event or 'without a type'}"
    return f"{part.event or 'without a type'}" if kind == "hl7v2" else f"{kind} {part.event}".strip()


def table() -> str:
    """The table as Markdown."""
    lines = ["| corpus | type | FHIR | resources | refused (reason) |", "|---|---|--:|--:|---|"]
    for folder in FOLDERS:
        for name, count in sorted(counted(folder).items()):
            refused = "; ".join(f"{number} ({reason})" for reason, number in count.refused.most_common())
            lines.append(f"| {folder} | {name} | {count.translated} | {count.resources} | {refused} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201
