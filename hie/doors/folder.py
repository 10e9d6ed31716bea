"""The folder door: each sender drops files into a sub-folder of its own; a file that is whole goes into the inbox.

A file is whole when its name does not end in `.part` or `.tmp` and its size stood still since the last look. Once it
is durable it moves to `taken/`, under its digest, so that the sender sees what was taken; nothing is deleted.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from fhir_profiles.outcome import Issue
from hie.wiring import Exchange
from record_store.inbox import Arrival
from record_store.sources import Sender

UNFINISHED = (".part", ".tmp")


@dataclass
class Folder:
    """What was seen at the last look: path to (size, time of change in ns)."""

    seen: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def collect(self, exchange: Exchange) -> int:
        """Take every whole file; how many were taken."""
        taken = 0
        present: dict[Path, tuple[int, int]] = {}
        for sender in exchange.directory.of_door("csv"):
            box = exchange.settings.drop_folder / (sender.credential or sender.name)
            if not box.is_dir():
                continue
            for path in sorted(box.iterdir()):
                if not path.is_file() or path.suffix in UNFINISHED or path.name.startswith("."):
                    continue
                state = (path.stat().st_size, path.stat().st_mtime_ns)
                present[path] = state
                if self.seen.get(path) == state:
                    take(exchange, sender, path)
                    present.pop(path)
                    taken += 1
        self.seen = present
        return taken


def take(exchange: Exchange, sender: Sender, path: Path) -> None:
    """Make one file durable in the inbox, then move it aside. A file that is too large is refused where it lies."""
    limit = exchange.settings.message_limit
    with path.open("rb") as file:
        payload = file.read(limit + 1)
    issues = []
    if len(payload) > limit:
        issues.append(
            Issue("too-long", f"The file is larger than {limit} bytes; split it", reason="too-long")
        )
        payload = payload[:4096]
    digest = hashlib.sha256(payload).hexdigest()
    exchange.intake.receive(
        Arrival(
            source=sender.id,
            door="csv",
            control_id=digest[:20],
            payload=payload,
            patient_key="files",
            issues=issues,
        )
    ).result()
    aside = path.parent / ("refused" if issues else "taken")
    aside.mkdir(exist_ok=True)
    path.rename(aside / f"{digest[:12]}-{path.name}")
