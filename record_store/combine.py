"""Group commit for single writes: those that arrive while one transaction commits go together into the next.

Nobody waits on purpose: the first to come leads, does its own work at once, and by the time it has committed others
have gathered; one of them leads next. Each caller gets its own result or its own failure, after the commit.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import psycopg2
from sqlalchemy import Engine

from record_store.database import Cursor, Role, cursor, once_more, unit_of_work

Request = TypeVar("Request")
Result = TypeVar("Result")

MOST = 200
"""Requests that one transaction takes."""


@dataclass(slots=True)
class _Wish(Generic[Request, Result]):
    request: Request
    settled: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    result: Result | None = None
    failure: BaseException | None = None


class Combiner(Generic[Request, Result]):
    """`together` carries out some requests in one transaction and answers in their order; it must be repeatable.

    When it raises, everything since the group's savepoint is undone and the halves are tried, down to the one request
    that fails alone. Deadlocks repeat the whole transaction.
    """

    def __init__(
        self,
        engine: Engine,
        role: Role | None,
        together: Callable[[Cursor, Sequence[Request]], Sequence[Result]],
        most: int = MOST,
    ):
        self._engine = engine
        self._role: Role | None = role
        self._together = together
        self._most = most
        self._waiting: list[_Wish[Request, Result]] = []
        self._leading = False
        self._lock = threading.Lock()

    def submit(self, request: Request) -> Result:
        """Have a request carried out; returns when it is durable, or raises its failure."""
        outcome = self.submit_all([request])[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def submit_all(self, requests: Sequence[Request]) -> list[Result | BaseException]:
        """Have requests carried out that do not depend on each other; each with its own result or failure, in their
        order, once all are durable."""
        wishes: list[_Wish[Request, Result]] = [_Wish(request) for request in requests]
        if not wishes:
            return []
        with self._lock:
            self._waiting.extend(wishes)
            wishes[0].leads = not self._leading
            self._leading = True
        for wish in wishes:
            if not wish.leads:
                wish.settled.wait()
            if wish.leads:
                self._lead()
        return [wish.failure or wish.result for wish in wishes]  # type: ignore[misc]

    def _lead(self) -> None:
        with self._lock:
            group = self._waiting[: self._most]
            del self._waiting[: self._most]
        try:
            self._carry_out(group)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._leading = following is not None
            if following is not None:
                following.leads = True
                following.settled.set()
            for wish in group:
                wish.settled.set()

    def _carry_out(self, group: Sequence[_Wish[Request, Result]]) -> None:
        def work() -> None:
            with unit_of_work(self._engine, self._role) as connection, cursor(connection) as asked:
                self._apart(asked, group)

        try:
            once_more(work)
        except BaseException as fault:
            for wish in group:
                wish.failure = wish.failure or fault
            if not isinstance(fault, Exception):
                raise

    def _apart(self, asked: Cursor, group: Sequence[_Wish[Request, Result]]) -> None:
        asked.execute("savepoint together")
        try:
            results = self._together(asked, [wish.request for wish in group])
        except (psycopg2.errors.DeadlockDetected, psycopg2.errors.SerializationFailure):
            raise
        except Exception as fault:
            if asked.connection.closed:
                raise
            asked.execute("rollback to savepoint together")
            if len(group) == 1:
                group[0].failure = fault
                return
            half = len(group) // 2
            self._apart(asked, group[:half])
            self._apart(asked, group[half:])
            return
        asked.execute("release savepoint together")
        for wish, result in zip(group, results, strict=True):
            wish.result, wish.failure = result, None
