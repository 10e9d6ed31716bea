"""Whether the embedded PostgreSQL of a place runs, from its pid file and the processes of the system."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from record_store import embedded_place
from record_store.embedded_place import Place


def status(place: Place) -> tuple[str, str]:
    """Socket folder and status word of postmaster.pid, empty while they are not written."""
    try:
        lines = (place.cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return "", ""
    return (lines[4], lines[7].strip()) if len(lines) > 7 else ("", "")


def postmaster(place: Place) -> int | None:
    """The process id of the live server. The lock files of a dead one go: its number may be another process's now."""
    file = place.cluster / "postmaster.pid"
    try:
        lines = file.read_text().splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    if _is_postgres(pid):
        return pid
    if len(lines) > 4:
        (Path(lines[4]) / f"{embedded_place.SOCKET}.lock").unlink(missing_ok=True)
    file.unlink(missing_ok=True)
    return None


def _is_postgres(pid: int) -> bool:
    process = Path(f"/proc/{pid}")
    if Path("/proc/self/stat").exists():
        try:
            name, state = (process / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
        except (FileNotFoundError, ProcessLookupError):
            return False
        return name == "postgres" and state.split()[0] not in "ZX"
    asked = ["/bin/ps", "-o", "comm=", "-p", str(pid)]
    told = subprocess.run(asked, capture_output=True, check=False)  # noqa: S603 - our program and a number
    return b"postgres" in told.stdout
