"""Bulk exports on disk: one folder a job under data_dir/exports, readable by this account alone.

A job belongs to the caller who started it. A process that ends in the middle leaves a job that is told as failed.
Folders older than KEPT are removed when the next job starts.
"""

import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from fhir_profiles import instant, resources
from fhir_profiles.outcome import Failure, NotFound, TooCostly
from hie import log

KEPT = timedelta(hours=24)
MOST_RUNNING = 4
HEAD = len(b'{"resourceType":"')
STATE = "job.json"

_log = structlog.get_logger("hie.export")
_running = threading.BoundedSemaphore(MOST_RUNNING)


@dataclass(frozen=True, slots=True)
class Job:
    """One export. `state` is running, done or failed; `output` maps types to how many lines their file has."""

    id: str
    owner: str
    request: str
    started: str
    state: str = "running"
    output: tuple[tuple[str, int], ...] = ()


def start(folder: Path, owner: str, request: str, lines: Iterator[bytes]) -> str:
    """Begin to write `lines` to files; the job's id. What forbids the export is raised here, before anything is
    written. TooCostly when too many run already."""
    if not _running.acquire(blocking=False):
        raise TooCostly("Too many exports are running; try again later", reason="busy")
    try:
        first = next(lines, b"")
        _forget_old(folder)
        job = Job(secrets.token_hex(16), owner, request, instant.text(instant.now()))
        place = folder / job.id
        place.mkdir(mode=0o700, parents=True)
        _save(place, job)
        threading.Thread(target=_write, args=(place, job, first, lines), daemon=True).start()
    except BaseException:
        _running.release()
        raise
    return job.id


def find(folder: Path, identity: str, owner: str) -> Job:
    """The job of that id, for its owner alone. Raises NotFound."""
    if not identity.isalnum():
        raise _absent()
    try:
        told = resources.loads((folder / identity / STATE).read_bytes())
    except OSError:
        raise _absent() from None
    if told["owner"] != owner:
        raise _absent()
    output = tuple((type_, count) for type_, count in told["output"])
    return Job(told["id"], owner, told["request"], told["started"], told["state"], output)


def file_of(folder: Path, job: Job, type_: str) -> Path:
    """The file of one type. Raises NotFound."""
    if job.state != "done" or type_ not in dict(job.output):
        raise _absent()
    return folder / job.id / f"{type_}.ndjson"


def remove(folder: Path, job: Job) -> None:
    """Cancel a job, or delete its files."""
    shutil.rmtree(folder / job.id, ignore_errors=True)


def _write(place: Path, job: Job, first: bytes, lines: Iterator[bytes]) -> None:
    files: dict[str, Any] = {}
    counts: dict[str, int] = {}
    state = "done"
    try:
        for line in _all(first, lines):
            type_ = line[HEAD : line.index(b'"', HEAD)].decode()
            if type_ not in files:
                files[type_] = os.fdopen(
                    os.open(place / f"{type_}.ndjson", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
                )
                counts[type_] = 0
            files[type_].write(line)
            counts[type_] += 1
    except Exception as error:
        state = "failed"
        _log.error("export failed", job=job.id, **log.whereabouts(error))
    finally:
        for file in files.values():
            file.close()
        close = getattr(lines, "close", None)
        if close is not None:
            close()
        _running.release()
    if place.exists():
        _save(place, Job(job.id, job.owner, job.request, job.started, state, tuple(sorted(counts.items()))))


def _all(first: bytes, lines: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
        yield from lines


def _save(place: Path, job: Job) -> None:
    told = {name: getattr(job, name) for name in Job.__slots__}
    draft = place / f"{STATE}.new"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(resources.dumps(told))
    draft.replace(place / STATE)


def _forget_old(folder: Path) -> None:
    if folder.exists():
        oldest = (instant.now() - KEPT).timestamp()
        for place in folder.iterdir():
            if place.stat().st_mtime < oldest:
                shutil.rmtree(place, ignore_errors=True)


def _absent() -> Failure:
    return NotFound("There is no such export of yours")
