"""The log: one JSON line for an event, constant event names, ids and counts only.

A request is logged by its route, never by its address: paths and queries may name a resident. Exceptions are
logged by their class and where they were raised; their text may quote data and stays out.
"""

import logging
import sys
import traceback
from typing import Any

import structlog


def configure(*, level: int = logging.INFO, console: bool = False) -> None:
    """Set the log up for this process: JSON lines on standard error, or a readable form for a terminal."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def whereabouts(error: BaseException) -> dict[str, Any]:
    """The class of an exception and the innermost places it passed: everything but its text."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
    return {"error": type(error).__name__, "at": places}
