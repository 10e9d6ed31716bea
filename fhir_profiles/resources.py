"""The one way resources are read from and written to JSON: decimals keep their digits (FHIR R4 §2.6.2)."""

import json
from decimal import Decimal, DecimalException
from typing import Any

import msgspec

Resource = dict[str, Any]

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def loads(text: bytes | str) -> Any:
    """Parse JSON; a number with a point or an exponent becomes a Decimal.

    ValueError when it is not JSON, nests too deep, or has a number beyond all exponents.
    """
    try:
        return _decoder.decode(text)
    except (RecursionError, DecimalException) as error:
        raise ValueError("beyond what can be read") from error


def repeats_a_name(text: bytes, parsed: Any) -> bool:
    """Whether some object in JSON has a name twice: RFC 8259 leaves open which one counts, so neither can be trusted.

    What was parsed, written again, has as many quotation marks as the text, unless something was dropped.
    """
    return _marks(text) != _marks(dumps(parsed)) and _repeats(text)


def _marks(text: bytes) -> int:
    return text.count(b'"') - text.count(b'\\"')


def _repeats(text: bytes) -> bool:
    found = False

    def distinct(pairs: list[tuple[str, Any]]) -> None:
        nonlocal found
        found = found or len({name for name, _ in pairs}) < len(pairs)

    json.loads(text, object_pairs_hook=distinct, parse_int=str)
    return found


def dumps(resource: Any) -> bytes:
    """Write compact UTF-8 JSON; `1.50` stays `1.50`."""
    return _encoder.encode(resource)


def reference(resource: Resource) -> str:
    """`Type/id` of a resource that has an id."""
    return f"{resource['resourceType']}/{resource['id']}"
