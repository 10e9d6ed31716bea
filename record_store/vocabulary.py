"""The vocabulary: small numbers for the words that rows are found by.

A word is (search parameter, system, code). Codes, parameters themselves (`(name, "", "")`), systems of identifiers
(`(name, system, "")`) and units (`(name, system, unit)`) all have numbers here. New words are committed at once, apart
from the transaction that meets them: a number once known to a process stays true whatever becomes of that transaction.
How often a word occurs is counted in memory and added now and then; the counts steer plans and may be a little behind.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from record_store import database
from record_store.database import Cursor, Process, unit_of_work

Word: TypeAlias = tuple[str, str, str]

LONGEST = 300
"""Characters of a system or a code that count; what is longer is cut here and in searches alike."""
FLUSH_SECONDS = 2.0
FLUSH_COUNT = 20_000

FIND = """
select wanted.parameter, wanted.system, wanted.code, token.id
from unnest(%(parameters)s::text[], %(systems)s::text[], %(codes)s::text[]) wanted (parameter, system, code)
join token on token.parameter = wanted.parameter and token.code = wanted.code and token.system = wanted.system
"""
ADD = """
insert into token (parameter, system, code)
select * from unnest(%(parameters)s::text[], %(systems)s::text[], %(codes)s::text[])
on conflict do nothing
"""
COUNT = """
with held as (select id from token where id = any(%(ids)s) order by id for update)
update token set count = count + seen.number
from unnest(%(ids)s::int[], %(numbers)s::bigint[]) seen (id, number), held
where token.id = seen.id and held.id = seen.id
"""


class Vocabulary:
    """What one process knows of one database's vocabulary."""

    def __init__(self, process: Process):
        self._process = process
        self._numbers: dict[Word, int] = {}
        self._seen: Counter[int] = Counter()
        self._pending = 0
        self._flushed = time.monotonic()
        self._lock = threading.Lock()

    @property
    def numbers(self) -> Mapping[Word, int]:
        """All words that this process knows, with their numbers. What is missing, `learn` adds."""
        return self._numbers

    def learn(self, words: Iterable[Word]) -> None:
        """Get to know these words; the database gives a number to those that it never met."""
        missing = {word: _stored(word) for word in words if word not in self._numbers}
        wanted = {stored for stored in missing.values() if stored not in self._numbers}
        if wanted:
            self._learn(wanted)
        self._numbers.update({word: self._numbers[stored] for word, stored in missing.items()})

    def seen(self, numbers: Iterable[int]) -> None:
        """Rows with these words were written; counts them towards the table now and then."""
        with self._lock:
            before = len(self._seen)
            self._seen.update(numbers)
            self._pending += 1 + len(self._seen) - before
            due = self._pending > FLUSH_COUNT or time.monotonic() - self._flushed > FLUSH_SECONDS
        if due:
            self.flush()

    def flush(self) -> None:
        """Add the counts to the table."""
        with self._lock:
            seen, self._seen, self._pending = self._seen, Counter(), 0
            self._flushed = time.monotonic()
        if seen:
            numbers = sorted(seen)
            with unit_of_work(self._process.aside, "hie_writer") as connection:
                database.cursor(connection).execute(
                    COUNT, {"ids": numbers, "numbers": [seen[number] for number in numbers]}
                )

    def _learn(self, missing: set[Word]) -> None:
        with unit_of_work(self._process.aside, "hie_writer") as connection:
            cursor = database.cursor(connection)
            unknown = sorted(missing - self._find(cursor, sorted(missing)))
            if unknown:
                cursor.execute(ADD, _columns(unknown))
        if unknown:
            with unit_of_work(self._process.aside, "hie_reader") as connection:
                self._find(database.cursor(connection), unknown)

    def _find(self, cursor: Cursor, words: list[Word]) -> set[Word]:
        cursor.execute(FIND, _columns(words))
        found = {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}
        self._numbers.update(found)
        return set(found)


def vocabulary(cursor: Cursor) -> Vocabulary:
    """The vocabulary of the cursor's database."""
    return database.kept(cursor, Vocabulary)


def cut(text: str) -> str:
    """A system or code as the vocabulary holds it."""
    return text[:LONGEST].replace("\x00", "") if len(text) > LONGEST or "\x00" in text else text


def _stored(word: Word) -> Word:
    return word[0], cut(word[1]), cut(word[2])


def _columns(words: list[Word]) -> dict[str, list[str]]:
    return {
        "parameters": [word[0] for word in words],
        "systems": [word[1] for word in words],
        "codes": [word[2] for word in words],
    }
