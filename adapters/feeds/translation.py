"""A payload and its map become Translations: one for each patient in it, and one for each record that is refused.

What a map reads is traced: `Translation.rules` names the rules behind every resource. What it doesn't read is listed
(`unmapped`). A record that lacks something required is refused alone; its neighbours go on.
"""

from collections.abc import Iterable
from typing import Any

from adapters.feeds.compilation import NOBODYS, RecordRefused, Run, place
from adapters.feeds.feed_map import FeedMap, ResourceRules, Table, names, shipped
from adapters.feeds.payload import Payload
from adapters.feeds.record import Record, flat
from adapters.source import Source, Translation, Unmapped
from fhir_profiles.outcome import Failure, Issue


def translate(payload: bytes, source: Source, feed_map: FeedMap) -> list[Translation]:
    """Translate a file, a request body or a batch of rows. Never raises: what can't be read is refused with a reason."""
    records: list[Record] = []
    try:
        for record in Payload(payload, source).records(feed_map.reader):
            records.append(record)
    except Failure as failure:
        refused = _refused(feed_map, list(failure.issues))
        return [*_translated(records, source, feed_map, None), refused]
    except RecursionError:
        return [_refused(feed_map, [Issue("too-long", "The content nests too deep.", reason="depth")])]
    if not records:
        return [_refused(feed_map, [Issue("required", "The file holds no record.", reason="empty")])]
    return _translated(records, source, feed_map, None)


def rows(
    records: Iterable[dict[str, Any]], source: Source, feed_map: FeedMap, *, table: str = ""
) -> list[Translation]:
    """Translate rows of a database view (column name to value); `table` names the map's table, else columns decide."""
    wanted = next((found for found in feed_map.tables if found.name == table), None)
    return _translated([flat(row, f"row {n}:") for n, row in enumerate(records, 1)], source, feed_map, wanted)


def guess(payload: bytes, source: Source) -> FeedMap | None:
    """The shipped map with the table that knows most of the payload's columns; None where none fits."""
    best: tuple[int, FeedMap] | None = None
    looked_at = Payload(payload, source)
    begins = payload[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    for name in names():
        feed_map = shipped(name)
        if not _may_read(feed_map.reader["kind"], begins):
            continue
        try:
            columns = looked_at.columns(feed_map.reader)
        except (Failure, RecursionError):
            continue
        table = feed_map.table_for(columns)
        known = len(columns & table.known) if table else 0
        if known and (best is None or known > best[0]):
            best = (known, feed_map)
    return best[1] if best else None


def _may_read(kind: str, begins: bytes) -> bool:
    """Whether a reader can be meant for what begins so; XML and JSON announce themselves."""
    if begins == b"<":
        return kind in ("xml", "soap")
    return kind in ("json", "row") if begins in (b"{", b"[") else kind not in ("xml", "soap", "json", "row")


def _translated(
    records: list[Record], source: Source, feed_map: FeedMap, table: Table | None
) -> list[Translation]:
    groups: dict[str, Translation] = {}
    refused: list[Translation] = []
    tables: dict[frozenset[str], Table | None] = {}
    nulls = frozenset(feed_map.reader.get("nulls", ()))
    for record in records:
        if nulls:
            record.forget(nulls)
        columns = record.paths()
        if columns not in tables:
            tables[columns] = table or feed_map.table_for(columns)
            if tables[columns] is None:
                text = f"{record.place} No table of the map {feed_map.name} fits these columns."
                refused.append(_refused(feed_map, [Issue("structure", text.strip(), reason="unknown-table")]))
        fitting = tables[columns]
        if fitting is None:
            continue
        run = Run(source, fitting.patient(record) if fitting.patient else "")
        try:
            made = _record(record, run, fitting)
        except RecordRefused as refusal:
            refused.append(_refused(feed_map, [refusal.issue, *run.issues], run))
            continue
        group = groups.get(run.patient_key)
        if fitting.drop:
            made, run.issues = (
                [],
                [Issue("informational", fitting.drop, severity="information", reason="dropped")],
            )
        if group is None:
            group = groups[run.patient_key] = _translation(feed_map, run.patient_key)
        _add(group, made, run)
    return [_closed(group) for group in groups.values()] + refused


Made = list[tuple[dict[str, Any], list[str]]]


def _record(record: Record, run: Run, table: Table) -> Made:
    if table.patient and (not run.patient_key or run.patient_key.upper() in NOBODYS):
        raise RecordRefused(
            Issue("required", f"{record.place} The record names no patient.", reason="patient-key")
        )
    if table.refuse and table.refuse(record):
        raise RecordRefused(
            Issue("business-rule", f"{record.place} The map refuses such records.", reason="refused")
        )
    made: Made = []
    if table.drop:
        return made
    for rules in table.resources:
        for item in record.children(rules.each) if rules.each else [record]:
            resource = _resource(item, run, rules)
            if resource:
                made.append(resource)
    _list_unmapped(record, run, table)
    return made


def _resource(record: Record, run: Run, rules: ResourceRules) -> tuple[dict[str, Any], list[str]] | None:
    if rules.when and not rules.when(record):
        return None
    key = rules.key(record)
    if not key:
        return None
    resource: dict[str, Any] = {"resourceType": rules.kind, "id": run.identity(rules.kind, key)}
    traced = []
    for name, rule_id, make in rules.elements:
        value = make(record, run)
        if value is not None:
            place(resource, name, value)
            traced.append(rule_id)
    return (resource, traced) if traced else None


def _list_unmapped(record: Record, run: Run, table: Table) -> None:
    for path in record.values:
        if path not in table.known and not path.startswith(table.ignored) and not _used_inside(path, table):
            run.unmapped.append(Unmapped(path, record.values[path]))
    for path, children in record.lists.items():
        if path.startswith(table.ignored):
            continue
        known = table.nested.get(path, frozenset())
        for child in children:
            run.unmapped += [
                Unmapped(f"{path}/{name}", value) for name, value in child.leaves() if name not in known
            ]


def _used_inside(path: str, table: Table) -> bool:
    return any(
        path.startswith(f"{each}/") and path[len(each) + 1 :] in known for each, known in table.nested.items()
    )


def _translation(feed_map: FeedMap, patient_key: str) -> Translation:
    return Translation(kind="feed", event=feed_map.name, patient_key=patient_key, rule_set=feed_map.rule_set)


def _refused(feed_map: FeedMap, issues: list[Issue], run: Run | None = None) -> Translation:
    made = _translation(feed_map, run.patient_key if run else "")
    made.refused, made.issues, made.unmapped = True, issues, run.unmapped if run else []
    return made


def _add(group: Translation, made: Made, run: Run) -> None:
    group.issues += run.issues
    group.unmapped += run.unmapped
    for resource, traced in made:
        reference = f"{resource['resourceType']}/{resource['id']}"
        group.rules[reference] = traced
        group.resources.append(resource)


def _closed(group: Translation) -> Translation:
    """The last record about a thing wins; things keep the order in which they first came."""
    latest = {(resource["resourceType"], resource["id"]): resource for resource in group.resources}
    group.resources = list(latest.values())
    group.issues = list(dict.fromkeys(group.issues))
    return group
