"""Prefixes over ranges as SQL: dates, numbers and quantities (FHIR R4 search §3.1.1.4.5 to §3.1.1.4.7).

A row says [low, high] (dates: high exclusive, null where open); a search value is a range too, as wide as its
digits mean. `eq` asks that the search range holds the row's, `sa` and `eb` that they do not touch.
"""

from typing import Final

DATES: Final = {
    "eq": "({low} >= {from_} and {high} <= {to})",
    "ne": "not coalesce({low} >= {from_} and {high} <= {to}, false)",
    "gt": "({high} > {to} or {high} is null)",
    "lt": "({low} < {from_} or {low} is null)",
    "ge": "({low} >= {from_} or {high} > {to} or {high} is null)",
    "le": "({high} <= {to} or {low} < {from_} or {low} is null)",
    "sa": "{low} >= {to}",
    "eb": "{high} <= {from_}",
    "ap": "(({low} < {to} or {low} is null) and ({high} > {from_} or {high} is null))",
}
"""With row columns `low`, `high` and bound values `from_`, `to`."""

NUMBERS: Final = {
    "eq": "({low} >= {from_} and {high} < {to})",
    "ne": "not ({low} >= {from_} and {high} < {to})",
    "gt": "{high} > {exact}",
    "lt": "{low} < {exact}",
    "ge": "{high} >= {exact}",
    "le": "{low} <= {exact}",
    "sa": "{low} > {exact}",
    "eb": "{high} < {exact}",
    "ap": "({low} <= {to} and {high} >= {from_})",
}
"""With row columns `low`, `high` and bound values `from_`, `to`, `exact`."""
