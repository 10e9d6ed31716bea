"""The primitive types of FHIR R4: which JSON value carries each and what its text must look like.

https://hl7.org/fhir/R4/datatypes.html#primitive. The patterns use only what Python's `re` and a linear-time
engine both understand; they match the whole text. Dates are real calendar dates, leap years included.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from fhir_profiles import narrative

_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_LEAP = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    f"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)"
)
_MONTH = f"{_YEAR}(?:-(?:0[1-9]|1[0-2]))?"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = "(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_ID = r"[A-Za-z0-9\-.]{1,64}"
_URI = r"[^\s\x00-\x1f]+"
_TEXT = r"[^\x00-\x08\x0b\x0c\x0e-\x1f]+"
_BASE64_QUAD = r"(?:[0-9A-Za-z+/]\s*){4}"
_BASE64_TAIL = r"(?:(?:[0-9A-Za-z+/]\s*){2}=\s*=\s*|(?:[0-9A-Za-z+/]\s*){3}=\s*)?"


@dataclass(frozen=True, slots=True)
class Primitive:
    """`json` is the JSON type; `pattern` and `minimum` narrow it; `sample` shows a value in the right form."""

    json: str
    pattern: str = ""
    sample: str = ""
    minimum: int | None = None
    matcher: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "matcher", re.compile(self.pattern))


PRIMITIVES: Final[dict[str, Primitive]] = {
    "base64Binary": Primitive("string", rf"\s*(?:{_BASE64_QUAD})*{_BASE64_TAIL}", "aGVhbHRo"),
    "boolean": Primitive("boolean", sample="true"),
    "canonical": Primitive("string", _URI, "http://example.org/x|1.0"),
    "code": Primitive("string", rf"{_URI}(?: {_URI})*", "final"),
    "date": Primitive("string", f"(?:{_MONTH}|{_DAY})", "2023-02-28"),
    "dateTime": Primitive("string", f"(?:{_MONTH}|{_DAY}(?:T{_CLOCK}{_ZONE})?)", "2023-02-28T08:30:00+08:00"),
    "decimal": Primitive("number", sample="1.50"),
    "id": Primitive("string", _ID, "a-1.b"),
    "instant": Primitive("string", f"{_DAY}T{_CLOCK}{_ZONE}", "2023-02-28T08:30:00.000+08:00"),
    "integer": Primitive("integer", sample="7", minimum=-(2**31)),
    "markdown": Primitive("string", _TEXT, "some text"),
    "oid": Primitive("string", r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+", "urn:oid:1.2.3"),
    "positiveInt": Primitive("integer", sample="1", minimum=1),
    "string": Primitive("string", _TEXT, "some text"),
    "time": Primitive("string", _CLOCK, "08:30:00"),
    "unsignedInt": Primitive("integer", sample="0", minimum=0),
    "uri": Primitive("string", _URI, "http://example.org/x"),
    "url": Primitive("string", _URI, "https://example.org/x"),
    "uuid": Primitive(
        "string",
        "urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
    ),
    "xhtml": Primitive("string", narrative.PATTERN, "<div>...</div>, with basic HTML formatting alone"),
}

INTEGER_MAXIMUM: Final = 2**31 - 1


def reference_pattern(targets: tuple[str, ...], *, fragments: bool) -> str:
    """The pattern of `Reference.reference`: `#id`, an absolute URI, `Type/id` or `Type?search` of a target.

    Without `fragments` it refuses `#id`: what a resource without contained resources may not say.

    https://hl7.org/fhir/R4/references.html#literal. Conditional references occur in transactions only.
    """
    types = "|".join(targets)
    inside = f"#(?:{_URI})?|" if fragments else ""
    literal = rf"(?:{types})(?:/{_ID}(?:/_history/{_ID})?|\?{_URI})"
    return rf"(?:{inside}[a-z][A-Za-z0-9+.\-]*:{_URI}|{literal})"
