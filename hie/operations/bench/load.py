"""A small keep-alive HTTP client for measuring, so that the client's own work stays out of the figures."""

import http.client
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from hie.operations.bench.figures import Timing


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `wanted` is the status that it must get."""

    method: str
    path: str
    body: bytes | None = None
    wanted: int = 200


class Unexpected(RuntimeError):
    """An answer had another status than the measurement needs."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to send requests, and the headers of each."""

    base_url: str
    headers: dict[str, str]

    def answer(self, request: Request) -> bytes:
        """One answer's body."""
        return _ask(self._connect(), request, self.headers)

    def location(self, request: Request) -> str:
        """The Content-Location of an answer."""
        connection = self._connect()
        connection.request(request.method, request.path, request.body, self.headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != request.wanted:
            raise Unexpected(f"{request.path} answered {answer.status} where {request.wanted} was wanted")
        return answer.headers["Content-Location"]

    def poll(self, path: str) -> dict[str, Any] | None:
        """The JSON of an answer, None while it is 202."""
        connection = self._connect()
        connection.request("GET", path, None, self.headers)
        answer = connection.getresponse()
        body = answer.read()
        return None if answer.status == HTTPStatus.ACCEPTED else dict(json.loads(body))

    def time(self, requests: Sequence[Request], connections: int = 4) -> Timing:
        """Send all requests over some connections, each waiting for its answer before the next."""
        lanes = [requests[lane::connections] for lane in range(connections)]
        each: list[float] = []
        failures: list[BaseException] = []

        def lane(mine: Sequence[Request]) -> None:
            try:
                connection, times = self._connect(), []
                for request in mine:
                    begun = time.perf_counter()
                    _ask(connection, request, self.headers)
                    times.append(time.perf_counter() - begun)
                each.extend(times)
            except Exception as failure:
                failures.append(failure)

        threads = [threading.Thread(target=lane, args=(mine,)) for mine in lanes if mine]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        return Timing(time.perf_counter() - begun, each)

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.base_url)
        return http.client.HTTPConnection(parts.hostname or "localhost", parts.port or 80, timeout=60)


def _ask(connection: http.client.HTTPConnection, request: Request, headers: dict[str, str]) -> bytes:
    connection.request(request.method, request.path, request.body, headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != request.wanted:
        raise Unexpected(f"{request.method} answered {answer.status} where {request.wanted} was wanted")
    return body
