"""Compact tables made from the definitions of FHIR R4 by `scripts/build_definitions.py`, read once."""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec


@cache
def table(name: str) -> Any:
    """One table of this package by file name."""
    return msgspec.json.decode((files(__name__) / name).read_bytes())
