"""One demonstration in a folder at a time: whoever starts a second is told about the first."""

import fcntl
import os
import shutil
from pathlib import Path

PROCESS = "demo.process"


class AlreadyRunning(RuntimeError):
    """A demonstration runs in this folder; the text names its process and the way out."""


def occupy(folder: Path) -> int:
    """Hold a folder, made if there is none, until the descriptor that is given is closed or the process ends.

    Raises AlreadyRunning.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise AlreadyRunning(
            f"A demonstration runs in {folder} already (process {_process(folder)}). "
            "Stop it with Ctrl-C, or choose another folder: `make demo DATA=dir` or `hie demo --data-dir dir`."
        ) from None
    return descriptor


def sign(folder: Path) -> None:
    """Leave our process id for whoever comes next."""
    (folder / PROCESS).write_text(str(os.getpid()))


def empty(folder: Path) -> None:
    """Delete what a folder holds, and keep the folder: it is what is held."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _process(folder: Path) -> str:
    file = folder / PROCESS
    return file.read_text() if file.exists() else "unknown"
