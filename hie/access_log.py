"""One log line and one measurement for each HTTP request, around everything else; and the answer to our own faults.

The line has the route's template, never the path or the query: both may name a resident.
"""

import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from fastapi import Request

from hie.api.outcome_responses import fault_response
from hie.operations import metrics

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = structlog.get_logger("hie.access")


class AccessLog:
    """ASGI middleware, the outermost. `scope["state"]["request_id"]` is the id that answers carry."""

    def __init__(self, app: Application):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        size = 0

        async def watched(message: MutableMapping[str, Any]) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", []))
                headers.append((b"x-request-id", request_id.encode()))
                message = {**message, "headers": headers}
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        started = time.perf_counter()
        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if status:
                raise
            await fault_response(Request(scope), error, request_id)(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - started
            route = _template(scope)
            metrics.observe(scope["method"], route, status, seconds)
            _log.info(
                "request", request_id=request_id, method=scope["method"], route=route, status=status,
                milliseconds=round(seconds * 1000, 1), bytes=size,
            )  # fmt: skip


def _template(scope: Scope) -> str:
    """The route's template with the prefixes under which its router was included."""
    context = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return str(getattr(context, "path_format", getattr(context, "path", "unrouted")))
