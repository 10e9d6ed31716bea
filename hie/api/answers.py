"""The answer that carries one stored version: its bytes, its version and its date.

https://hl7.org/fhir/R4/http.html#versioning.
"""

from email.utils import format_datetime

from fastapi import Request, Response

from hie.api.addresses import fhir_base
from hie.api.outcome_responses import CONTENT_TYPE
from record_store.stored import Stored


def version_headers(stored: Stored) -> dict[str, str]:
    """ETag and Last-Modified of a version."""
    return {
        "ETag": f'W/"{stored.version}"',
        "Last-Modified": format_datetime(stored.updated, usegmt=True),
    }


def stored_response(request: Request, stored: Stored, body: bytes | None = None) -> Response:
    """200 with the version, or 304 when the caller has it."""
    headers = version_headers(stored)
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    headers["Content-Location"] = f"{fhir_base(request)}/{stored.reference}/_history/{stored.version}"
    return Response(stored.body if body is None else body, headers=headers, media_type=CONTENT_TYPE)


def json_response(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Finished FHIR JSON."""
    return Response(body, status, headers=headers, media_type=CONTENT_TYPE)
