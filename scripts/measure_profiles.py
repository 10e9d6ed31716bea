"""How long validation and extraction take on a file of resources.

    python scripts/measure_profiles.py RESOURCES.ndjson [--type Observation]

Each line is a resource. Prints, for each type, the number of valid resources, their mean size, and microseconds of CPU a
resource (best of five rounds) for parsing, validation and extraction.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fhir_profiles import resources
from fhir_profiles.extraction import extract
from fhir_profiles.validation import issues

ROUNDS = 5


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("file", type=Path)
    arguments.add_argument("--type")
    chosen = arguments.parse_args()
    lines: dict[str, list[bytes]] = defaultdict(list)
    for line in chosen.file.read_bytes().splitlines():
        resource = resources.loads(line)
        if chosen.type in (None, resource["resourceType"]) and not issues(resource):
            lines[resource["resourceType"]].append(line)
    sys.stdout.write(f"{'type':28}{'n':>6}{'bytes':>8}{'parse':>8}{'valid':>8}{'extract':>8}\n")
    for name, of_type in sorted(lines.items(), key=lambda item: -len(item[1])):
        parsed = [resources.loads(line) for line in of_type]
        size = sum(map(len, of_type)) // len(of_type)
        times = (
            microseconds(resources.loads, of_type),
            microseconds(issues, parsed),
            microseconds(extract, parsed),
        )
        sys.stdout.write(
            f"{name:28}{len(of_type):6}{size:8}" + "".join(f"{each:8.1f}" for each in times) + "\n"
        )


def microseconds(act: Callable[[Any], Any], inputs: list[Any]) -> float:
    """Mean time of one call, in the best of some rounds."""
    best = float("inf")
    repeats = max(1, 200 // len(inputs))
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(repeats):
            for each in inputs:
                act(each)
        best = min(best, time.process_time() - started)
    return best / repeats / len(inputs) * 1e6


if __name__ == "__main__":
    main()
