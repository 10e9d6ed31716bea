"""The demonstration's child processes: started, watched, restarted when one dies, stopped by their process ids.

Children run in sessions of their own, so that Ctrl-C reaches only the parent, which then stops them in order.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from hie.settings import child_environment

PROGRAM = (sys.executable, "-c", "from hie.cli import app; app()")
_PATIENCE = 12.0
_PIDS = "demo.pids"

log = structlog.get_logger()


@dataclass
class Crew:
    """`roles` are commands of `hie` by the name of their log file: {"serve": "serve", "work-2": "work"}.

    `program` is what a command is an argument of.
    """

    data_dir: Path
    roles: dict[str, str]
    program: tuple[str, ...] = PROGRAM
    restarts: int = 0
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread | None = None

    def start(self) -> None:
        """Start everybody, and a thread that restarts who dies."""
        stop_leftovers(self.data_dir)
        (self.data_dir / "logs").mkdir(parents=True, exist_ok=True)
        for name in self.roles:
            self._spawn(name)
        self._remember()
        self._watch = threading.Thread(target=self._supervise, name="crew", daemon=True)
        self._watch.start()

    def stop(self) -> None:
        """Ask everybody to stop, wait, and insist."""
        self._stopping.set()
        if self._watch:
            self._watch.join()
        for process in self._running.values():
            process.terminate()
        deadline = time.monotonic() + _PATIENCE
        for name, process in self._running.items():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("child_killed", child=name)
                process.kill()
                process.wait()
        (self.data_dir / _PIDS).unlink(missing_ok=True)

    def log_of(self, name: str) -> Path:
        """Where a child's output goes."""
        return self.data_dir / "logs" / f"{name}.log"

    def _spawn(self, name: str) -> None:
        arguments = [*self.program, self.roles[name], "--data-dir", str(self.data_dir)]
        with self.log_of(name).open("ab") as output:
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own program
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=child_environment(),
            )

    def _supervise(self) -> None:
        while not self._stopping.wait(0.25):
            for name, process in list(self._running.items()):
                if process.poll() is not None and not self._stopping.is_set():
                    log.warning("child_restarted", child=name, status=process.returncode)
                    self.restarts += 1
                    time.sleep(min(0.2 * self.restarts, 3.0))
                    self._spawn(name)
                    self._remember()

    def _remember(self) -> None:
        pids = {name: process.pid for name, process in self._running.items()}
        (self.data_dir / _PIDS).write_text(json.dumps(pids))


def stop_leftovers(data_dir: Path) -> None:
    """Stop the children of a parent that was killed; only processes that still are what they were started as."""
    file = data_dir / _PIDS
    if not file.exists():
        return
    ours = [pid for pid in json.loads(file.read_text() or "{}").values() if _is_child_of(pid, data_dir)]
    for pid in ours:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    while any(_is_child_of(pid, data_dir) for pid in ours):
        if time.monotonic() > deadline:
            for pid in ours:
                if _is_child_of(pid, data_dir):
                    os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.1)
    file.unlink()


def _is_child_of(pid: int, data_dir: Path) -> bool:
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return b"--data-dir" in arguments and str(data_dir).encode() in arguments
