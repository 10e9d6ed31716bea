"""`hie feed`: try a feed's translation without storing anything, scaffold a map, test it, list what is shipped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters import content, feed_scaffold, feeds
from adapters.source import Source, Translation
from fhir_profiles import validation
from fhir_profiles.outcome import Failure, Issue
from fhir_profiles.resources import dumps, loads

app = typer.Typer(help="Try, scaffold and test the translation of feeds", no_args_is_help=True)

TRY = Source(name="try", organisation="try", identifier_system="urn:hie:source:try")

MapOption = Annotated[
    str | None, typer.Option("--map", help="A shipped map's name or the path of a TOML file")
]
MOST_SHOWN = 20


@app.command("try")
def try_(
    files: Annotated[
        list[Path], typer.Argument(help="Files, or folders to look through", exists=True, readable=True)
    ],
    map_name: MapOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write <file name>.json for each file here")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say only what was refused")] = False,
) -> None:
    """Show the FHIR that files become, what was noticed, and the fields that no map knows. Nothing is stored.

    A Bundle goes to standard output (a batch gives one a message), or to one file each under --out. Exit status: 0 all
    translated, 1 something was refused, 2 misuse.
    """
    feed_map = _chosen(map_name)
    refused = False
    for path, name in _found(files):
        translations = _translated(path.read_bytes(), feed_map)
        refused = refused or any(part.refused for part in translations)
        _tell(name, translations, quiet)
        bundles = [_bundle(part) for part in translations if not part.refused]
        if out is None:
            for bundle in bundles:
                typer.echo(dumps(bundle).decode())
        else:
            _write(out / f"{name}.json", bundles)
    if refused:
        raise typer.Exit(1)


@app.command("list")
def list_() -> None:
    """List the shipped feed maps."""
    for name in feeds.names():
        feed_map = feeds.shipped(name)
        tables = ", ".join(table.name for table in feed_map.tables)
        typer.echo(f"{name:<20} {feed_map.reader['kind']:<5} {feed_map.title} ({tables})")


@app.command()
def new(
    sample: Annotated[Path, typer.Argument(help="A sample of the feed", exists=True, dir_okay=False)],
    name: Annotated[
        str | None, typer.Option("--name", help="The name of the map; else that of the file")
    ] = None,
) -> None:
    """Write a map for a sample to standard output: fields, types and code columns are guessed, for you to correct."""
    try:
        typer.echo(feed_scaffold.written(sample.read_bytes(), name or sample.stem, TRY), nl=False)
    except Failure as failure:
        _misuse(failure.issues)


@app.command("test")
def compare(
    map_file: Annotated[
        Path, typer.Argument(help="A map; its samples lie in a folder of its name beside it", exists=True)
    ],
    golden: Annotated[
        Path | None, typer.Option("--golden", help="The folder of samples, if elsewhere")
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Write what comes out now as the expected output")
    ] = False,
) -> None:
    """Run a map over its samples: every file X is compared with X.json beside it (or written with --accept)."""
    feed_map = _chosen(str(map_file.resolve()))
    folder = golden or map_file.with_suffix("")
    samples = [path for path in sorted(folder.glob("*")) if path.is_file() and not _is_expectation(path)]
    if not samples:
        _misuse([Issue("not-found", f"There are no samples in {folder.name}/ beside the map.")])
    failed = 0
    for sample in samples:
        made = dumps([_bundle(part) for part in _translated(sample.read_bytes(), feed_map)])
        expected = sample.with_name(sample.name + ".json")
        if accept:
            expected.write_bytes(made + b"\n")
        same = expected.exists() and loads(expected.read_bytes()) == loads(made)
        failed += not same
        typer.echo(
            f"{'ok  ' if same else 'FAIL'} {sample.name}"
            + ("" if expected.exists() else " (nothing expected yet)")
        )
    if failed:
        raise typer.Exit(1)


def _is_expectation(path: Path) -> bool:
    return path.suffix == ".json" and path.with_suffix("").exists()


def _chosen(name: str | None) -> feeds.FeedMap | None:
    if name is None:
        return None
    try:
        return content.feed_map(name)
    except Failure as failure:
        _misuse(failure.issues)
        return None


def _misuse(issues: list[Issue]) -> None:
    for issue in issues:
        typer.echo(issue.text, err=True)
    raise typer.Exit(2)


def _found(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    """Files with the names that their output gets: inside a folder, the path from there."""
    for path in paths:
        if path.is_dir():
            inner = sorted(found for found in path.rglob("*") if found.is_file())
            yield from ((found, found.relative_to(path).as_posix()) for found in inner)
        else:
            yield path, path.name


def _translated(payload: bytes, feed_map: feeds.FeedMap | None) -> list[Translation]:
    """Translate and check: what breaks the R4 schema is refused here as it would be on its way in."""
    parts = feeds.translate(payload, TRY, feed_map) if feed_map else content.translate(payload, TRY)
    for part in parts:
        faults = [issue for resource in part.resources for issue in validation.issues(resource)]
        if any(fault.severity in ("error", "fatal") for fault in faults):
            part.refused, part.issues = True, faults + part.issues
    return parts


def _bundle(part: Translation) -> dict[str, Any]:
    entries = [
        {
            "fullUrl": f"http://localhost/fhir/{resource['resourceType']}/{resource['id']}",
            "resource": resource,
        }
        for resource in part.resources
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection"}
    return {**bundle, "entry": entries} if entries else bundle


def _write(path: Path, bundles: list[dict[str, Any]]) -> None:
    """One Bundle to a file; the messages of a batch together in one Bundle, their entries in order."""
    if not bundles:
        return
    entries = {entry["fullUrl"]: entry for bundle in bundles for entry in bundle.get("entry", [])}
    whole = {**bundles[0], "entry": list(entries.values())} if entries else bundles[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dumps(whole) + b"\n")


def _tell(name: str, parts: list[Translation], quiet: bool) -> None:
    for part in parts:
        if part.refused:
            for issue in part.issues[:MOST_SHOWN]:
                typer.echo(f"{name}: refused: {issue.text}{_place(issue)}", err=True)
            continue
        if quiet:
            continue
        for issue in part.issues[:MOST_SHOWN]:
            typer.echo(f"{name}: {issue.severity}: {issue.text}{_place(issue)}", err=True)
        for path in list(dict.fromkeys(unmapped.path for unmapped in part.unmapped))[:MOST_SHOWN]:
            typer.echo(f"{name}: not mapped: {path}", err=True)


def _place(issue: Issue) -> str:
    return f" [{issue.expression}]" if issue.expression else ""
