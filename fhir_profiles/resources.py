"""The one way resources are read from and written to JSON: decimals keep their digits (FHIR R4 §2.6.2)."""

from decimal import Decimal
from typing import Any

import msgspec

Resource = dict[str, Any]

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def loads(text: bytes | str) -> Any:
    """Parse JSON; a number with a point or an exponent becomes a Decimal. ValueError when it is not JSON."""
    return _decoder.decode(text)


def dumps(resource: Any) -> bytes:
    """Write compact UTF-8 JSON; `1.50` stays `1.50`."""
    return _encoder.encode(resource)


def reference(resource: Resource) -> str:
    """`Type/id` of a resource that has an id."""
    return f"{resource['resourceType']}/{resource['id']}"
