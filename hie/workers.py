"""Who does the work: Celery tasks where there is a broker, one loop of the same functions where there is none.

A task carries no message and no id: it is a wake-up, and the batch that it works on is claimed from the inbox. A lost
broker therefore loses nothing, and the sweep finds what nobody was woken for.
"""

import threading
import time
from collections.abc import Callable
from functools import partial

import structlog
from celery import Celery

from fhir_profiles import instant
from hie import ingest
from hie.operations import jobs
from hie.wake import QUEUE, TASK
from hie.wiring import Exchange
from record_store.database import cursor, unit_of_work

POLL_SECONDS = 0.1
SWEEP_SECONDS = 5.0
TASK_SECONDS = 5.0

BEAT = """
insert into heartbeat (process, kind, at) values (%(process)s, %(kind)s, %(now)s)
on conflict (process) do update set at = excluded.at
"""

log = structlog.get_logger()


def work_off(exchange: Exchange, seconds: float = TASK_SECONDS) -> bool:
    """Run batches until nothing waits or the time is over; whether something may still wait."""
    end = time.monotonic() + seconds
    secret = exchange.key("resident-index")
    while time.monotonic() < end:
        if not ingest.run_batch(exchange.engine, exchange.directory, secret).claimed:
            return False
    return True


def beat(exchange: Exchange, process: str, kind: str) -> None:
    """Say that a process lives."""
    with unit_of_work(exchange.engine) as connection:
        cursor(connection).execute(BEAT, {"process": process, "kind": kind, "now": instant.now()})


def run(exchange: Exchange, stop: threading.Event, process: str) -> None:
    """The worker process without a broker: batches as they come, and the jobs in between."""
    due = {job.name: 0.0 for job in jobs.JOBS}
    timers = [*jobs.JOBS, jobs.Job("heartbeat", 5.0, partial(beat, process=process, kind="worker"))]
    due["heartbeat"] = 0.0
    while not stop.is_set():
        idle = not attempt("ingest", lambda: work_off(exchange, 1.0))
        for job in timers:
            if time.monotonic() >= due[job.name]:
                attempt(job.name, partial(job.act, exchange))
                due[job.name] = time.monotonic() + job.seconds
        if idle:
            stop.wait(POLL_SECONDS)


def attempt(name: str, act: Callable[[], object]) -> bool:
    """Run something that must not end its process; False when it failed or had nothing to do."""
    try:
        return bool(act())
    except Exception as fault:
        log.error("job_failed", job=name, fault=type(fault).__name__)
        time.sleep(0.5)
        return False


def celery(exchange: Exchange, broker: str) -> Celery:
    """The Celery application: one task that works the inbox off, and the jobs by Celery's own clock."""
    app = Celery("hie", broker=broker)
    app.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        worker_prefetch_multiplier=16,
        task_acks_late=False,
        broker_connection_retry_on_startup=True,
        worker_hijack_root_logger=False,
        beat_schedule={
            "sweep": {"task": TASK, "schedule": SWEEP_SECONDS},
            **{job.name: {"task": f"hie.{job.name}", "schedule": job.seconds} for job in jobs.JOBS},
        },
    )

    def work() -> None:
        if work_off(exchange):
            app.send_task(TASK)

    app.task(work, name=TASK)
    for job in jobs.JOBS:
        app.task(_task(exchange, job), name=f"hie.{job.name}")
    return app


def _task(exchange: Exchange, job: jobs.Job) -> Callable[[], None]:
    def work() -> None:
        attempt(job.name, partial(job.act, exchange))

    return work
