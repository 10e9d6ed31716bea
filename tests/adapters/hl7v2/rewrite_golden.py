"""Writes the FHIR of every golden message anew: `python -m tests.adapters.hl7v2.rewrite_golden`, then read the diff."""

from adapters.hl7v2 import translate
from fhir_profiles.resources import dumps
from tests.adapters.hl7v2.samples import SOURCE, golden_messages


def rewrite() -> None:
    """One line for each resource, so that a change shows as what it is."""
    for path in golden_messages():
        messages = [
            ",\n  ".join(dumps(resource).decode() for resource in translation.resources)
            for translation in translate(path.read_bytes(), SOURCE)
        ]
        text = ",\n".join(f" [\n  {lines}\n ]" for lines in messages)
        path.with_suffix(".json").write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    rewrite()
