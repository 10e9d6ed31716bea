"""The names that feed maps may use after `as`, with what each makes (docs/add-a-feed.md lists them)."""

from collections.abc import Callable
from typing import Any, Final

from adapters.feeds import codes_datatypes, datatypes, person_datatypes
from adapters.feeds.compilation import Make, Scope

Factory = Callable[[dict[str, Any], Scope], Make]

FUNCTIONS: Final[dict[str, Factory]] = {
    "text": datatypes.text,
    "string": datatypes.string,
    "date": datatypes.date,
    "dateTime": datatypes.date_time,
    "instant": datatypes.instant,
    "period": datatypes.period,
    "decimal": datatypes.decimal,
    "integer": datatypes.decimal,
    "positiveInt": datatypes.decimal,
    "unsignedInt": datatypes.decimal,
    "boolean": datatypes.boolean,
    "quantity": datatypes.quantity,
    "result": datatypes.result,
    "range": datatypes.reference_range,
    "code": codes_datatypes.code,
    "concept": codes_datatypes.concept,
    "coding": codes_datatypes.coding,
    "components": codes_datatypes.components,
    "diagnosis": codes_datatypes.diagnosis,
    "identifier": person_datatypes.identifier,
    "name": person_datatypes.name,
    "telecom": person_datatypes.telecom,
    "address": person_datatypes.address,
    "reference": person_datatypes.reference,
    "note": person_datatypes.note,
}
