"""The one door: every reading of the record is decided, filtered in SQL, and traced before anything goes out.

Nothing else calls `record_store.read`, `history`, `search` or `compartment`. Each method decides anew, sets the role
that may read for one transaction, lets the store apply the visibility, writes the line of the trace durably, and only
then returns. What is hidden looks like what is absent; a refusal about a whole resident names the way out.
"""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from consent import judgement, rule_store
from consent.actor import Actor
from consent.asking import Ask
from consent.audit import Trail
from consent.decision import Decision
from consent.judgement import Judged, forbidden, judge, resident_of_row
from consent.visible_rows import DIRECTORY_TYPES
from fhir_profiles import instant
from fhir_profiles.outcome import Forbidden, Gone, NotFound
from record_store import compartment, history, paging, query, read, search
from record_store.database import cursor as cursor_of
from record_store.database import unit_of_work
from record_store.paging import Continuation
from record_store.stored import Found, Stored

Pairs = Iterable[tuple[str, str]]
EXPORT_TIMEOUT = 6 * 60 * 60 * 1000
"""Milliseconds that an export's statements may take."""


class Door:
    """One for each process; safe between threads. `secret` is this deployment's, at least 32 bytes; `base` the
    service base URL, under which references are ours."""

    def __init__(self, engine: Engine, trail: Trail, secret: bytes, base: str = "") -> None:
        self._engine = engine
        self._trail = trail
        self._rules = rule_store.seal_key(secret)
        self._pages = hmac.digest(secret, b"page tokens", "sha256")
        self._base = base

    def read(self, actor: Actor, type_: str, fhir_id: str) -> Stored:
        """The current version. NotFound (absent or hidden), Gone (deleted), Forbidden with its way out."""
        with self._request(actor, "read", type_, fhir_id) as ask, self._reading() as cursor:
            return ask.give(self._current(cursor, ask, "read"))

    def vread(self, actor: Actor, type_: str, fhir_id: str, version: int) -> Stored:
        """One version of a resource whose present the caller may see too."""
        with self._request(actor, "vread", type_, fhir_id) as ask, self._reading() as cursor:
            self._current(cursor, ask, "vread")
            found = read.vread(cursor, ask.judged.visibility, type_, fhir_id, version)
            if found is None:
                raise _absent()
            return ask.give(found)

    def history(
        self,
        actor: Actor,
        type_: str | None = None,
        fhir_id: str | None = None,
        *,
        since: datetime | None = None,
        count: int = 50,
        page: str | None = None,
    ) -> Found:
        """Versions, newest first. Of a whole type, or of everything, for residents (their own) and exports alone."""
        with self._request(actor, "history", type_, fhir_id or "") as ask, self._reading() as cursor:
            position, pairs = self._resume(
                ask, "history", page, [("since", instant.text(since))] if since else []
            )
            if type_ and fhir_id:
                self._current(cursor, ask, "history")
            elif actor.role in ("resident", "system", "authority"):
                ask.judged = self._judge(cursor, ask, None)
            else:
                raise Forbidden("Ask for the history of one resource", reason="history-of-one")
            found = history.history(
                cursor, ask.judged.visibility, type_, fhir_id, since=since, count=count, after=position
            )
            return ask.give_page(self._sealed(ask, "history", pairs, found))

    def search(
        self,
        actor: Actor,
        type_: str | None,
        pairs: Pairs,
        *,
        lenient: bool = False,
        page: str | None = None,
    ) -> Found:
        """One page of a search. `page` is the token of a former answer's `next`; its parameters then count, not
        `pairs`. Searches that name a Patient are about that resident; others span the caller's own reach."""
        with self._request(actor, "search", type_, "") as ask, self._reading() as cursor:
            position, written = self._resume(ask, "search", page, list(pairs))
            asked = query.parse(type_, written, lenient=lenient, base=self._base)
            ask.query = ",".join(dict.fromkeys(name for name, _ in asked.pairs))
            residents: list[int] | None = None
            if asked.patients and actor.role not in ("authority", "system"):
                places = (resident_of_row(cursor, "Patient", patient) for patient in asked.patients)
                residents = [resident for resident in places if resident]
            elif asked.types and DIRECTORY_TYPES.issuperset(asked.types) and not asked.includes:
                residents = []
            ask.judged = self._judge(cursor, ask, residents)
            if residents and (refusal := ask.judged.refusal):
                raise forbidden(refusal)
            found = search.search(cursor, ask.judged.visibility, asked, position)
            if residents and not found.matches and not found.total and (lacking := ask.judged.lacking):
                raise forbidden(lacking)
            return ask.give_page(self._sealed(ask, "search", written, found))

    def everything(
        self,
        actor: Actor,
        patient_id: str,
        *,
        types: Sequence[str] = (),
        since: datetime | None = None,
        count: int | None = None,
        page: str | None = None,
    ) -> Found:
        """`Patient/$everything`: the resident's whole visible record for the exchange Patient, a source's part for
        a source's Patient."""
        with self._request(actor, "everything", "Patient", patient_id) as ask, self._reading() as cursor:
            position, pairs = self._resume(ask, "everything", page, [("patient", patient_id)])
            self._current(cursor, ask, "everything")
            found = compartment.everything(
                cursor,
                ask.judged.visibility,
                patient_id,
                types=types,
                since=since,
                count=count,
                after=position,
            )
            return ask.give_page(self._sealed(ask, "everything", pairs, found))

    def export(
        self, actor: Actor, types: Sequence[str] = (), since: datetime | None = None
    ) -> Iterator[bytes]:
        """NDJSON lines of all that a statute or a policy lets out. The trace names every resident concerned before
        the first line leaves."""
        ask = Ask(self._trail, actor, "export", None, "")
        ask.query = ",".join(types)
        with ask, self._reading() as cursor:
            cursor.execute("set transaction isolation level repeatable read")
            cursor.execute(f"set local statement_timeout = {EXPORT_TIMEOUT}")
            ask.judged = self._judge(cursor, ask, None)
            concerned = compartment.residents(cursor, ask.judged.visibility, types, since)
            ask.residents = None if actor.role == "system" else concerned
            ask.close()
            yield from compartment.export(cursor, ask.judged.visibility, types, since)

    def explain(self, actor: Actor, action: str, type_: str | None, resident_id: int) -> Decision:
        """What would be decided, without looking at the record."""
        with self._reading() as cursor:
            try:
                judged = judge(cursor, self._rules, actor, action, type_, [resident_id], instant.now())
            except Forbidden as refusal:
                return judgement.refused(refusal)
            return next(iter(judged.decisions.values()), judgement.DIRECTORY)

    def resident_of(self, actor: Actor, patient_id: str) -> int:
        """The resident of a Patient id, for showing a card or breaking the glass. NotFound where there is none."""
        with self._reading() as cursor:
            judge(cursor, self._rules, actor, "read", "Patient", [], instant.now())
            resident = resident_of_row(cursor, "Patient", patient_id)
        if not resident:
            raise _absent()
        return resident

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        with unit_of_work(self._engine, "hie_reader") as connection, cursor_of(connection) as cursor:
            yield cursor

    def _request(self, actor: Actor, interaction: str, type_: str | None, target: str) -> Ask:
        return Ask(self._trail, actor, interaction, type_, target)

    def _judge(self, cursor: Any, ask: Ask, residents: Sequence[int] | None) -> Judged:
        return judge(cursor, self._rules, ask.actor, ask.interaction, ask.type, residents, ask.now)

    def _current(self, cursor: Any, ask: Ask, interaction: str) -> Stored:
        """The current version of what is asked for, after deciding about its resident."""
        if ask.type is None:
            raise _absent()
        residents: list[int] | None = None
        if ask.actor.role not in ("authority", "system"):
            own = ask.actor.resident_id if ask.actor.purpose == "PATRQT" else None
            ask.resident = own or resident_of_row(cursor, ask.type, ask.target) or 0
            residents = [ask.resident]
        ask.judged = self._judge(cursor, ask, residents)
        found = read.read(cursor, ask.judged.visibility, ask.type, ask.target)
        if found is None:
            lacking = ask.judged.lacking or ask.judged.refusal
            reach = ask.judged.reach
            if lacking and (reach is None or read.read(cursor, reach, ask.type, ask.target)):
                raise forbidden(lacking)
            raise _absent()
        ask.resident = found.resident_id
        if found.deleted and interaction not in ("vread", "history"):
            raise Gone("It was deleted", reason="deleted")
        return found

    def _resume(
        self, ask: Ask, interaction: str, page: str | None, pairs: list[tuple[str, str]]
    ) -> tuple[str | None, list[tuple[str, str]]]:
        if page is None:
            return None, pairs
        token = paging.unseal(self._pages, ask.caller, page)
        if (token.interaction, token.type) != (interaction, ask.type or ""):
            raise NotFound("This page belongs to another request", reason="page-refused")
        return token.position, list(token.pairs)

    def _sealed(self, ask: Ask, interaction: str, pairs: list[tuple[str, str]], found: Found) -> Found:
        if found.next is None:
            return found
        token = Continuation(interaction, ask.type or "", tuple(pairs), found.next)
        return replace(found, next=paging.seal(self._pages, ask.caller, token))


def _absent() -> NotFound:
    return NotFound("There is no such resource, or none that you may see", reason="not-found")
