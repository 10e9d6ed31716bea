"""Rows of `resource` and `resource_history`, packed for COPY."""

from datetime import datetime
from struct import Struct

from fhir_profiles import ids
from fhir_profiles.resource_types import NUMBER
from record_store.copy_binary import (
    bigint,
    bigints,
    data,
    double,
    integer,
    integers,
    microseconds,
    text,
    timestamp,
)
from record_store.draft import Draft
from record_store.index_rows import Columns
from record_store.logical_ids import short_of

COLUMNS = (
    "bucket, type, version, id, resident_id, updated, labels, source, rule_set, dictionary, "
    "at, until, value, number, subject, encounter, message, code, unit, fhir_id, tokens, links, body"
)
HISTORY_COLUMNS = (
    "bucket, type, version, id, resident_id, updated, labels, source, rule_set, dictionary, deleted, "
    "at, subject, encounter, message, fhir_id, body"
)
HISTORY_FROM_ROW = HISTORY_COLUMNS.replace("deleted", "false")

_ALWAYS = "ihihiii16siqiqiiihihih"
_HEAD = Struct("!h" + _ALWAYS).pack
_HISTORY_HEAD = Struct("!h" + _ALWAYS + "i?").pack


def current(
    draft: Draft, found: Columns, *, version: int, dictionary: int, body: bytes, now: datetime
) -> bytes:
    """A row of `resource`."""
    low, high = draft.values.primary_date or (None, None)
    return b"".join(
        (
            _HEAD(23, *_always(draft, version, dictionary, now)),
            timestamp(low),
            timestamp(high),
            double(found.value),
            double(found.number),
            *_belongs(draft),
            bigint(draft.message),
            integer(found.code),
            integer(found.unit),
            text(draft.fhir_id),
            integers(found.tokens),
            bigints(found.links),
            data(body),
        )
    )


def past(draft: Draft, *, version: int, dictionary: int, body: bytes, now: datetime) -> bytes:
    """A row of `resource_history`."""
    low, _ = draft.values.primary_date or (None, None)
    return b"".join(
        (
            _HISTORY_HEAD(17, *_always(draft, version, dictionary, now), 1, False),
            timestamp(low),
            *_belongs(draft),
            bigint(draft.message),
            text(draft.fhir_id),
            data(body),
        )
    )


def _always(draft: Draft, version: int, dictionary: int, now: datetime) -> tuple[int | bytes, ...]:
    key = draft.id
    return (
        *(2, ids.bucket(key), 2, NUMBER[draft.type], 4, version, 16, key.bytes),
        *(8, draft.resident_id, 8, microseconds(now), 4, draft.labels),
        *(2, draft.source, 2, draft.rule_set, 2, dictionary),
    )


def _belongs(draft: Draft) -> tuple[bytes, bytes]:
    values = draft.values
    subject = short_of(values.subject) if values.subject else None
    encounter = short_of(values.encounter) if values.encounter else None
    return bigint(subject), bigint(encounter)
