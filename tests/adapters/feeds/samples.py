"""The samples beside the tests, and the source that they come from."""

from pathlib import Path

from adapters.source import Source

GOLDEN = Path(__file__).parent / "golden"
CORPORA = Path(__file__).parents[4] / "shared" / "corpora"
SOURCE = Source(name="clinic", organisation="12370200000000101A", identifier_system="urn:hie:source:clinic")


def samples() -> list[tuple[str, Path]]:
    """Pairs of map and sample file."""
    found = []
    for folder in sorted(GOLDEN.iterdir()):
        if folder.is_dir():
            found += [(folder.name, path) for path in sorted(folder.iterdir()) if not expected(path)]
    return found


def expected(path: Path) -> bool:
    return path.suffix == ".json" and path.with_suffix("").exists()
