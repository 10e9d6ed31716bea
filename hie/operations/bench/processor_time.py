"""Processor time of this process and of PostgreSQL, from /proc (proc(5)): whole server, living and ended backends."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of processor time and of the clock."""

    client: float
    database: float
    elapsed: float


@dataclass
class Meter:
    """Counts from its making until `spent`. `postmaster` is PostgreSQL's first process."""

    postmaster: int
    _client: float = field(init=False)
    _database: float = field(init=False)
    _begun: float = field(init=False)

    def __post_init__(self) -> None:
        self._client, self._database, self._begun = (
            time.process_time(),
            database_seconds(self.postmaster),
            time.monotonic(),
        )

    def spent(self) -> Spent:
        """What was spent since."""
        return Spent(
            time.process_time() - self._client,
            database_seconds(self.postmaster) - self._database,
            time.monotonic() - self._begun,
        )


def database_seconds(postmaster: int) -> float:
    """Processor seconds of a server so far: the postmaster, its ended children (cutime, cstime), its living ones."""
    total = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = file.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = text.rsplit(")", 1)[1].split()
        parent, pid = int(fields[1]), int(file.parent.name)
        if pid == postmaster:
            total += sum(map(int, fields[11:15]))
        elif parent == postmaster:
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")
