"""Telling the workers that something waits. Losing this loses nothing: they sweep the inbox anyway."""

import threading
import time
from collections.abc import Callable

import structlog
from celery import Celery

TASK = "hie.ingest"
QUEUE = "hie.inbox"
APART_SECONDS = 0.05

log = structlog.get_logger()


def waker(broker: str) -> Callable[[], None]:
    """A function that sends one wake-up, at most twenty a second, and never fails."""
    app = Celery("hie", broker=broker)
    app.conf.update(task_ignore_result=True, broker_transport_options={"socket_connect_timeout": 2})
    lock = threading.Lock()
    last = 0.0

    def wake() -> None:
        nonlocal last
        with lock:
            if time.monotonic() - last < APART_SECONDS:
                return
            last = time.monotonic()
        try:
            app.send_task(TASK, queue=QUEUE, retry=False)
        except Exception as fault:
            log.warning("broker_unreachable", fault=type(fault).__name__)

    return wake
