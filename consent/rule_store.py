"""Compiled directives in the database: sealed when written, checked whenever they are read.

A rule row counts only if the resident's seal, a keyed digest over all of the resident's rules, says so, and if there
are as many rules as active directives: whoever changes rows without the key closes the record instead of opening it.
Residents that were merged keep their rows; readers gather them under the survivor.
"""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from consent.prepared import run
from consent.rules import NO_DIRECTIVES, Directives, Rank, Rule
from fhir_profiles import instant

CIRCLE = """
with recursive circle (member, root) as (
  select id, id from unnest(%(residents)s::bigint[]) id
  union
  select m.id, c.root from resident m join circle c on m.merged_into = c.member)
"""
"""Residents and those merged into them, as a common table expression over the parameter `residents`."""

LOAD = f"""
{CIRCLE}
select c.root, c.member, r.consent_epoch, s.epoch, s.seal,
  (select count(*) from consent_directive d where d.resident = c.member and d.state = 'active' and d.effective),
  u.consent, u.version, u.rank, u.permit, u.purposes, u.labels, u.who_kind, u.who, u.record, u.visit, u.starts, u.ends
from circle c
left join resident r on r.id = c.member
left join consent_state s on s.resident = c.member
left join consent_rule u on u.resident = c.member
order by c.root, c.member, u.consent
"""


SURVIVOR = """
with recursive up (id) as (
  select %(resident)s::bigint
  union select r.merged_into from up join resident r on r.id = up.id where r.merged_into is not null)
select up.id from up left join resident r on r.id = up.id where r.merged_into is null
"""


def survivor(cursor: Any, resident: int) -> int:
    """The resident that a resident was merged into, at the end of all merges; itself otherwise."""
    cursor.execute(SURVIVOR, {"resident": resident})
    return int(cursor.fetchone()[0])


def seal_key(secret: bytes) -> bytes:
    """The key of rule seals, derived from the deployment's secret."""
    return hmac.digest(secret, b"consent rules", "sha256")


def seal(key: bytes, resident: int, epoch: int, rules: Iterable[Rule]) -> bytes:
    """The keyed digest over a resident's epoch and rules."""
    lines = [f"{resident}:{epoch}", *sorted(_line(rule) for rule in rules)]
    return hmac.digest(key, "\n".join(lines).encode(), hashlib.sha256)


def load(cursor: Any, key: bytes, residents: Iterable[int]) -> dict[int, Directives]:
    """The directives of some residents (all those given are in the answer), with their merged residents' own."""
    wanted = list(residents)
    run(cursor, LOAD, {"residents": wanted})
    members: dict[tuple[int, int], tuple[Any, ...]] = {}
    rules: dict[tuple[int, int], list[Rule]] = {}
    for row in cursor.fetchall():
        place = (row[0], row[1])
        members[place] = row[2:6]
        if row[6] is not None:
            rules.setdefault(place, []).append(_rule(row[6:]))
    gathered: dict[int, Directives] = dict.fromkeys(wanted, NO_DIRECTIVES)
    for place, (consent_epoch, epoch, sealed, active) in members.items():
        root, member = place
        own = rules.get(place, [])
        intact = len(own) == active and _as_sealed(key, member, epoch, own, sealed)
        before = gathered[root]
        gathered[root] = Directives(
            (*before.rules, *own), before.epoch + (consent_epoch or 0), before.intact and intact
        )
    return gathered


def store(cursor: Any, key: bytes, resident: int, rules: Iterable[Rule]) -> None:
    """Make `rules` the whole of a resident's rules, raise the epochs, seal. In the transaction of the directive; the
    caller holds the resident's row of `consent_state` (see `lock`)."""
    kept = list(rules)
    cursor.execute("delete from consent_rule where resident = %(resident)s", {"resident": resident})
    for rule in kept:
        cursor.execute(
            "insert into consent_rule (resident, consent, version, rank, permit, purposes, labels, who_kind, who,"
            " record, visit, starts, ends) values (%(resident)s, %(consent)s, %(version)s, %(rank)s, %(permit)s,"
            " %(purposes)s, %(labels)s, %(who_kind)s, %(who)s, %(record)s, %(visit)s, %(start)s, %(end)s)",
            {
                "resident": resident,
                "consent": str(rule.consent),
                "version": rule.version,
                "rank": int(rule.rank),
                "permit": rule.permit,
                "purposes": rule.purposes,
                "labels": rule.labels,
                "who_kind": rule.who_kind,
                "who": rule.who,
                "record": str(rule.record) if rule.record else None,
                "visit": rule.visit,
                "start": rule.start,
                "end": rule.end,
            },
        )
    cursor.execute(
        "update consent_state set epoch = epoch + 1 where resident = %(resident)s returning epoch",
        {"resident": resident},
    )
    epoch = cursor.fetchone()[0]
    cursor.execute(
        "update consent_state set seal = %(seal)s where resident = %(resident)s",
        {"resident": resident, "seal": seal(key, resident, epoch, kept)},
    )
    cursor.execute(
        "update resident set consent_epoch = consent_epoch + 1 where id = %(resident)s",
        {"resident": resident},
    )
    cursor.execute("update consent_clock set sequence = sequence + 1")


def lock(cursor: Any, resident: int) -> None:
    """Take the resident's consent for this transaction, so that two changes follow each other."""
    cursor.execute(
        "insert into consent_state (resident, epoch, seal) values (%(resident)s, 0, '') on conflict do nothing",
        {"resident": resident},
    )
    cursor.execute(
        "select epoch from consent_state where resident = %(resident)s for update", {"resident": resident}
    )


def _as_sealed(key: bytes, member: int, epoch: int | None, rules: list[Rule], sealed: Any) -> bool:
    if epoch is None:
        return not rules
    return hmac.compare_digest(seal(key, member, epoch, rules), bytes(sealed))


def _line(rule: Rule) -> str:
    edges = [instant.text(edge) if edge else "" for edge in (rule.start, rule.end)]
    fields = (
        rule.consent,
        rule.version,
        int(rule.rank),
        rule.permit,
        rule.purposes,
        rule.labels,
        rule.who_kind,
    )
    return "|".join(str(one) for one in (*fields, rule.who, rule.record or "", rule.visit, *edges))


def _rule(row: tuple[Any, ...]) -> Rule:
    consent, version, rank, permit, purposes, labels, who_kind, who, record, visit, start, end = row
    return Rule(
        consent=UUID(str(consent)),
        version=version,
        rank=Rank(rank),
        permit=permit,
        purposes=purposes,
        labels=labels,
        who_kind=who_kind,
        who=who,
        record=UUID(str(record)) if record else None,
        visit=visit,
        start=start,
        end=end,
    )
