"""Resources that a message tells only in part: what it leaves out is not gone.

A laboratory's message names the patient and the visit to say whose result it is; the registration has told more.
`Translation.partial` lists such resources with the elements in which the stored version is to be preferred.
"""

from collections.abc import Collection
from typing import Any

_UNITED = ("identifier", "link", "extension")


def completed(
    stored: dict[str, Any], told: dict[str, Any], preferred: Collection[str] = ()
) -> dict[str, Any]:
    """What is to be stored when a message told a part of a resource.

    Elements told replace the stored ones, except the `preferred`, which stay as stored; elements not told stay;
    identifiers, links and extensions are united. Neither argument is changed.
    """
    result = {
        **stored,
        **{name: value for name, value in told.items() if name not in preferred or name not in stored},
    }
    for name in _UNITED:
        if name in stored and name in told:
            kept = told[name]
            result[name] = [*kept, *(entry for entry in stored[name] if not _repeated(entry, kept))]
    result.pop("meta", None)
    if "meta" in stored or "meta" in told:
        result["meta"] = {**stored.get("meta", {}), **told.get("meta", {})}
    return result


def _repeated(entry: dict[str, Any], entries: list[dict[str, Any]]) -> bool:
    """Whether an entry is told already: an identifier by system and value, an extension by its URL, a link as a whole."""
    if "url" in entry:
        return any(entry["url"] == other.get("url") for other in entries)
    if "value" in entry:
        return any(
            (entry.get("system"), entry["value"]) == (other.get("system"), other.get("value"))
            for other in entries
        )
    return entry in entries
