"""What the portal is given by the application: it opens no database and knows no session of its own."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import Request

from consent.actor import Actor
from consent.directives import Trust
from consent.disclosure import Door


class Visitor(Protocol):
    """Who is signed in. `patient` is the id of their exchange Patient; `csrf` comes back with every form."""

    @property
    def csrf(self) -> str: ...

    @property
    def patient(self) -> str: ...

    @property
    def resident_id(self) -> int: ...

    def actor(self, request_id: str) -> Actor: ...

    def check(self, csrf: str) -> None:
        """Raises Forbidden when a form is not of this session."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """`transaction` yields a cursor and commits; `visitor` raises NotAuthenticated, or Forbidden for people who are
    not here as residents; `organisations` are (code, name) of those that take part; `sources` name the institution of
    each feed by its `meta.source`."""

    door: Door
    trust: Trust
    transaction: Callable[[], AbstractContextManager[Any]]
    visitor: Callable[[Request], Visitor]
    organisations: Callable[[], list[tuple[str, str]]]
    sources: Callable[[], Mapping[str, str]]


def ports(request: Request) -> Ports:
    """The ports of the running application."""
    made: Ports = request.app.state.portal
    return made
