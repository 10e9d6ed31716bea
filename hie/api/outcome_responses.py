"""The one place where failures become responses with an OperationOutcome.

https://hl7.org/fhir/R4/http.html#Status-Codes. A `Failure` says its own status and issues. Anything else is a
fault of ours: 500 with the request's id and nothing of the exception.
"""

from collections.abc import Callable
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from fhir_profiles import resources
from fhir_profiles.outcome import Failure, Issue, NotAuthenticated, operation_outcome
from hie import log

FHIR_JSON = "application/fhir+json"
CONTENT_TYPE = f"{FHIR_JSON}; charset=utf-8"

_HTTP_ISSUES = {
    404: ("not-found", "There is nothing at this address; /fhir/metadata says what there is"),
    405: ("not-supported", "This method is not routed here; /fhir/metadata says what is"),
    406: ("not-supported", "The exchange answers in JSON: send Accept: application/fhir+json"),
    413: ("too-long", "The body is larger than the exchange takes"),
    415: ("not-supported", "The exchange reads JSON: send Content-Type: application/fhir+json"),
}

_log = structlog.get_logger("hie.api")


def outcome_of(issues: list[Issue]) -> dict[str, Any]:
    """The OperationOutcome of some issues, where it stands inside of another answer."""
    return operation_outcome(issues)


def outcome_response(status: int, issues: list[Issue], headers: dict[str, str] | None = None) -> Response:
    """A response with the OperationOutcome of some issues."""
    return Response(resources.dumps(outcome_of(issues)), status, headers=headers, media_type=CONTENT_TYPE)


def failure_response(failure: Failure) -> Response:
    """The response to a refusal. 401 says how to authenticate; a busy 429 or 503 is not made here."""
    headers = {}
    if isinstance(failure, NotAuthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="fhir"'
    return outcome_response(failure.status, failure.issues, headers)


def fault_response(error: BaseException, request_id: str) -> Response:
    """The response to a fault of ours, and its line in the log."""
    _log.error("request failed", request_id=request_id, **log.whereabouts(error))
    issue = Issue(
        "exception", f"The exchange failed; its operators find the cause under request {request_id}"
    )
    return outcome_response(500, [issue])


Page = Callable[[Request, Failure], Response | None]


def install(app: FastAPI, page: Page) -> None:
    """Answer every failure and every refusal of the framework with an OperationOutcome, or with `page` where a
    person asked for a page."""

    async def refused(request: Request, error: Any) -> Response:
        return page(request, error) or failure_response(error)

    async def not_routed(request: Request, error: Any) -> Response:
        code, text = _HTTP_ISSUES.get(error.status_code, ("processing", "The request cannot be answered"))
        return outcome_response(error.status_code, [Issue(code, text)], dict(error.headers or {}))

    app.add_exception_handler(Failure, refused)
    app.add_exception_handler(HTTPException, not_routed)
