"""Pages out of templates: language, session, and the headers that keep a page to itself."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

from patient_portal import language

HERE = Path(__file__).parent
ZONE = ZoneInfo("Asia/Shanghai")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@lru_cache
def environment(folders: tuple[Path, ...]) -> Environment:
    """The templates of some folders above the shared ones; everything is escaped."""
    loader = ChoiceLoader([FileSystemLoader(folder) for folder in (*folders, HERE / "templates")])
    made = Environment(loader=loader, autoescape=select_autoescape(default=True), undefined=StrictUndefined)
    made.filters |= {"day": day, "minute": minute}
    return made


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    folders: tuple[Path, ...] = (),
    form_action: str = "",
    **context: Any,
) -> Response:
    """One page. `form_action` is one more origin that a form may lead to.

    Templates get `_` (translate), `lang`, `path` and what the caller gives.
    """
    lang = language.chosen(request.cookies.get(language.COOKIE), request.headers.get("accept-language"))
    text = (
        environment(folders)
        .get_template(template)
        .render(
            {"_": language.translator(lang), "lang": lang, "path": request.url.path, "session": None}
            | context
        )
    )
    headers = HEADERS
    if form_action:
        policy = CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' {form_action}")
        headers = HEADERS | {"Content-Security-Policy": policy}
    return Response(text, status, headers=headers, media_type="text/html; charset=utf-8")


def day(value: datetime | str | None) -> str:
    """A date as people here read it; partial dates stay partial."""
    if isinstance(value, datetime):
        return f"{value.astimezone(ZONE):%Y-%m-%d}"
    return str(value or "")[:10]


def minute(value: datetime | str | None) -> str:
    """A moment in local time, to the minute."""
    if isinstance(value, str):
        if len(value) <= 10:
            return value
        written = value
        try:
            value = datetime.fromisoformat(written).astimezone(ZONE)
        except (ValueError, OverflowError):
            # A leap second, or a time at the end of the calendar: valid in FHIR.
            return written[:16].replace("T", " ")
    return f"{value.astimezone(ZONE):%Y-%m-%d %H:%M}" if value else ""
