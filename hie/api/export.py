"""Bulk data: https://hl7.org/fhir/uv/bulkdata/export.html, for the whole record and for Patients with theirs.

202 with Content-Location, then 202 with X-Progress while it runs, 200 with the manifest, DELETE to cancel.
`_type`, `_since`, `_outputFormat`; `_typeFilter` and export by Group are not supported.
"""

from datetime import datetime
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from consent.actor import Actor
from fhir_profiles import resources, search_parameters
from fhir_profiles.outcome import Failure, Invalid, NotSupported
from hie.api.addresses import exchange_of, fhir_base, link, pairs_of
from hie.api.everything import types_parameter
from hie.api.history import instant_parameter
from hie.api.preferences import is_lenient, prefers
from hie.auth.actor import CurrentActor
from hie.operations import export_jobs

router = APIRouter()
NDJSON = "application/fhir+ndjson"
FORMATS = frozenset({NDJSON, "application/ndjson", "ndjson"})
KNOWN = frozenset({"_type", "_since", "_outputFormat"})
RETRY_SECONDS = 2


class ExportFailed(Failure):
    """The export ended without its files."""

    code = "exception"
    status = 500


@router.get("/$export")
def export_all(request: Request, actor: CurrentActor) -> Response:
    """Start an export of everything that the caller may take out."""
    return _kick_off(request, actor, "$export", ())


@router.get("/Patient/$export")
def export_patients(request: Request, actor: CurrentActor) -> Response:
    """Start an export of Patients and of what is about them."""
    members = ("Patient", *search_parameters.compartment("Patient"))
    return _kick_off(request, actor, "Patient/$export", tuple(dict.fromkeys(members)))


@router.get("/$export-status/{job}")
def status(job: str, request: Request, actor: CurrentActor) -> Response:
    """How far it is; the manifest when it is done."""
    found = export_jobs.find(_folder(request), job, _owner(actor))
    if found.state == "running":
        return Response(
            status_code=202, headers={"X-Progress": "in progress", "Retry-After": str(RETRY_SECONDS)}
        )
    if found.state == "failed":
        raise ExportFailed("The export failed; start it again", reason="export-failed")
    manifest = {
        "transactionTime": found.started,
        "request": found.request,
        "requiresAccessToken": True,
        "output": [
            {"type": type_, "url": f"{fhir_base(request)}/$export-file/{job}/{type_}.ndjson", "count": count}
            for type_, count in found.output
        ],
        "error": [],
    }
    return Response(resources.dumps(manifest), media_type="application/json")


@router.delete("/$export-status/{job}")
def cancel(job: str, request: Request, actor: CurrentActor) -> Response:
    """Cancel it, or delete its files."""
    folder = _folder(request)
    export_jobs.remove(folder, export_jobs.find(folder, job, _owner(actor)))
    return Response(status_code=202)


@router.get("/$export-file/{job}/{name}")
def file(job: str, name: str, request: Request, actor: CurrentActor) -> Response:
    """One file of a finished export."""
    folder = _folder(request)
    found = export_jobs.find(folder, job, _owner(actor))
    return FileResponse(export_jobs.file_of(folder, found, name.removesuffix(".ndjson")), media_type=NDJSON)


def _kick_off(request: Request, actor: Actor, path: str, within: tuple[str, ...]) -> Response:
    pairs = pairs_of(request)
    given = dict(pairs)
    if "respond-async" not in prefers(request):
        raise Invalid("An export is asynchronous: send Prefer: respond-async", expression="Prefer")
    if given.get("_outputFormat", NDJSON).replace(" ", "+") not in FORMATS:
        raise NotSupported("Exports are NDJSON", expression="_outputFormat")
    unknown = [name for name in given if name not in KNOWN]
    if unknown and not is_lenient(request):
        raise NotSupported("An export takes _type, _since and _outputFormat", expression=unknown[0][:64])
    types = types_parameter(pairs)
    if within:
        types = [one for one in types if one in within] if types else list(within)
    since: datetime | None = instant_parameter("_since", given["_since"]) if "_since" in given else None
    lines = exchange_of(request).door.export(actor, types, since)
    job = export_jobs.start(_folder(request), _owner(actor), link(request, path, pairs), iter(lines))
    return Response(
        status_code=202, headers={"Content-Location": f"{fhir_base(request)}/$export-status/{job}"}
    )


def _folder(request: Request) -> Path:
    folder: Path = exchange_of(request).settings.data_dir / "exports"
    return folder


def _owner(actor: Actor) -> str:
    return f"{actor.client_id}|{actor.subject}"
