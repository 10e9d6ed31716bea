import json
import subprocess
import sys
import time
from pathlib import Path

HIE = str(Path(sys.executable).with_name("hie"))
FIGURES = {
    "ingest, resources",
    "empty request",
    "create",
    "read",
    "update",
    "delete",
    "search of one resident",
    "$everything",
    "$export",
}


def test_a_quick_run_measures_everything_beside_a_limit_in_under_two_minutes() -> None:
    begun = time.monotonic()
    done = subprocess.run([HIE, "bench", "--quick", "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 120
    told = json.loads(done.stdout)
    figures = {figure["name"]: figure for figure in told["figures"]}
    assert set(figures) == FIGURES
    assert all(figure["rate"] > 0 and figure["limit"] > 0 for figure in figures.values())
    assert {"messages_per_second", "client_ms_per_message", "postgresql_ms_per_message"} <= set(
        figures["ingest, resources"]["details"]
    )
