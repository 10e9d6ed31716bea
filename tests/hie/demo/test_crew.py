import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hie.operations.demo.crew import Crew, stop_leftovers

SLEEPER = (sys.executable, "-c", "import time, sys; print(sys.argv[1], flush=True); time.sleep(600)")


def pids(folder: Path) -> dict[str, int]:
    return dict(json.loads((folder / "demo.pids").read_text()))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def soon(happened: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if happened():
            return True
        time.sleep(0.05)
    return False


def test_a_child_that_is_killed_is_started_again_and_all_are_stopped(tmp_path: Path) -> None:
    crew = Crew(tmp_path, {"one": "serve", "two": "work"}, SLEEPER)
    crew.start()
    first = pids(tmp_path)
    os.kill(first["two"], signal.SIGKILL)
    restarted = soon(lambda: pids(tmp_path)["two"] != first["two"])
    second = pids(tmp_path)
    crew.stop()
    assert restarted
    assert second["one"] == first["one"]
    assert not any(alive(pid) for pid in {*first.values(), *second.values()})
    assert not (tmp_path / "demo.pids").exists()


def test_children_that_a_killed_parent_left_behind_are_stopped_and_nobody_else(tmp_path: Path) -> None:
    left = subprocess.Popen([*SLEEPER, "serve", "--data-dir", str(tmp_path)], stdout=subprocess.DEVNULL)
    stranger = subprocess.Popen([*SLEEPER, "serve"], stdout=subprocess.DEVNULL)
    (tmp_path / "demo.pids").write_text(json.dumps({"serve": left.pid, "work": stranger.pid}))
    stop_leftovers(tmp_path)
    gone, kept = soon(lambda: left.poll() is not None), alive(stranger.pid)
    stranger.kill()
    stranger.wait()
    assert gone
    assert kept
