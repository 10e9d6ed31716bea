"""The golden messages, the source they come from, and what tests ask of any translation."""

import re
from pathlib import Path

from adapters.hl7v2 import translate
from adapters.source import Source, Translation
from fhir_profiles.resources import dumps, loads
from fhir_profiles.validation import issues

GOLDEN = Path(__file__).parent / "golden"
CORPORA = Path(__file__).parents[4] / "shared" / "corpora"
SOURCE = Source(
    name="hospital", organisation="12370200999999998P", identifier_system="urn:hie:source:hospital"
)
_REFERENCE = re.compile(r'"reference":"([A-Za-z]+/[^"]+)"')


def golden_messages() -> list[Path]:
    """All golden messages; the FHIR of `x.hl7` lies in `x.json`, a list of resources for each message."""
    return sorted(GOLDEN.glob("*.hl7"))


def one(text: str, source: Source = SOURCE) -> Translation:
    """The translation of one message written with line breaks between segments."""
    (translation,) = translate(text.strip().replace("\n", "\r").encode(), source)
    return translation


def of_type(translation: Translation, kind: str) -> list[dict[str, object]]:
    """The resources of a type."""
    return [resource for resource in translation.resources if resource["resourceType"] == kind]


def faults(translation: Translation) -> list[str]:
    """What is wrong with a translation whatever the message: invalid or repeated resources, no reason for a refusal."""
    if translation.refused:
        return [] if translation.issues and not translation.resources else ["refused without a reason"]
    names = [f"{resource['resourceType']}/{resource['id']}" for resource in translation.resources]
    found = [f"{name} twice" for name in {name for name in names if names.count(name) > 1}]
    for resource in translation.resources:
        found += [f"{issue.expression}: {issue.text}" for issue in issues(loads(dumps(resource)))]
    return found if names else ["neither refused nor translated"]


def dangling(translation: Translation) -> set[str]:
    """References to resources that are not among those of the translation."""
    names = {f"{resource['resourceType']}/{resource['id']}" for resource in translation.resources}
    return set(_REFERENCE.findall(dumps(translation.resources).decode())) - names
