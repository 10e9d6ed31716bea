"""capabilities: https://hl7.org/fhir/R4/http.html#capabilities. Built from what is routed; needs no token."""

from functools import cache
from typing import Any

from fastapi import APIRouter, Request, Response

from fhir_profiles import resources, search_parameters
from fhir_profiles.resource_types import NUMBER
from hie.api.addresses import exchange_of
from hie.api.answers import json_response
from hie.api.preferences import require_json
from hie.auth import discovery
from record_store.search_clauses import is_supported

router = APIRouter()
SINCE = "2026-11-24"
OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
SMART_SERVICE = {
    "coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR"}
    ]
}
NOT_STORED = frozenset({"Parameters"})
INTERACTIONS = {
    ("GET", "/{type_}/{id_}"): "read",
    ("GET", "/{type_}/{id_}/_history/{version}"): "vread",
    ("PUT", "/{type_}/{id_}"): "update",
    ("PATCH", "/{type_}/{id_}"): "patch",
    ("DELETE", "/{type_}/{id_}"): "delete",
    ("GET", "/{type_}/{id_}/_history"): "history-instance",
    ("GET", "/{type_}/_history"): "history-type",
    ("POST", "/{type_}"): "create",
    ("GET", "/{type_}"): "search-type",
}
SYSTEM_INTERACTIONS = {
    ("POST", "/"): ("transaction", "batch"),
    ("GET", "/"): ("search-system",),
    ("GET", "/_history"): ("history-system",),
}
OPERATIONS = {
    "/$export": ("export", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export"),
    "/Patient/{id_}/$everything": (
        "everything",
        "http://hl7.org/fhir/OperationDefinition/Patient-everything",
    ),
    "/Patient/$match": ("match", "http://hl7.org/fhir/OperationDefinition/Patient-match"),
    "/{type_}/$validate": ("validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate"),
    "/{type_}/{id_}/$meta": ("meta", "http://hl7.org/fhir/OperationDefinition/Resource-meta"),
}


@router.get("/metadata")
def metadata(request: Request) -> Response:
    """What this server does, as its routes say."""
    require_json(request)
    settings = exchange_of(request).settings
    routed = frozenset(request.app.state.fhir_routes)
    return json_response(_statement(settings.base_url.rstrip("/"), settings.fhir_base, routed))


@cache
def _statement(site: str, base: str, routed: frozenset[tuple[str, str]]) -> bytes:
    interactions = [code for route, code in INTERACTIONS.items() if route in routed]
    system = [code for route, codes in SYSTEM_INTERACTIONS.items() if route in routed for code in codes]
    paths = {path for _, path in routed}
    statement = {
        "resourceType": "CapabilityStatement",
        "id": "exchange",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "software": {"name": "Regional health information exchange"},
        "implementation": {"description": "One longitudinal record for each resident", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(site),
                "resource": [
                    _resource(type_, interactions, paths)
                    for type_ in sorted(NUMBER)
                    if type_ not in NOT_STORED
                ],
                "interaction": [{"code": code} for code in system],
                "searchParam": _parameters("Resource"),
                "operation": _operations(paths, "/$"),
            }
        ],
    }
    return resources.dumps(statement)


def _security(site: str) -> dict[str, Any]:
    told = discovery.configuration(site)
    uris = {
        "authorize": "authorization",
        "token": "token",
        "introspect": "introspection",
        "revoke": "revocation",
    }
    return {
        "cors": True,
        "service": [SMART_SERVICE],
        "extension": [
            {
                "url": OAUTH_URIS,
                "extension": [
                    {"url": name, "valueUri": told[f"{key}_endpoint"]} for name, key in uris.items()
                ],
            }
        ],
    }


def _resource(type_: str, interactions: list[str], paths: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": type_,
        "interaction": [{"code": code} for code in interactions],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "logical"],
        "searchInclude": ["*", *_includes(type_)],
        "searchParam": _parameters(type_),
    }
    operations = _operations(paths, f"/{type_}/")
    if operations:
        found["operation"] = operations
    return found


def _includes(type_: str) -> list[str]:
    parameters = search_parameters.of(type_).values()
    return [f"{type_}:{one.name}" for one in parameters if one.kind == "reference"]


def _parameters(type_: str) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "definition": one.definition, "type": one.kind}
        for one in search_parameters.of(type_).values()
        if is_supported(one)
    ]


def _operations(paths: set[str], prefix: str) -> list[dict[str, str]]:
    return [
        {"name": name, "definition": definition}
        for path, (name, definition) in OPERATIONS.items()
        if path in paths and path.startswith(prefix)
    ]
