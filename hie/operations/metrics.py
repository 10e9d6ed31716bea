"""Measurements for Prometheus: requests by route and status, what waits in the inbox, the connection pool.

Labels are route templates and states, never ids. `/metrics` wants the token of a system or an administrator.
"""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

REGISTRY = CollectorRegistry()
REQUESTS = Counter("hie_requests", "HTTP requests", ("method", "route", "status"), registry=REGISTRY)
SECONDS = Histogram(
    "hie_request_seconds",
    "Time to answer",
    ("route",),
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
    registry=REGISTRY,
)
INBOX = Gauge("hie_inbox_messages", "Messages in the inbox that are not done", ("state",), registry=REGISTRY)
POOL = Gauge("hie_pool_connections", "Database connections in use", registry=REGISTRY)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
WAITING = "select state, count(*) from inbox where state in ('waiting', 'refused', 'failed') group by state"


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    REQUESTS.labels(method if method in METHODS else "other", route, status).inc()
    SECONDS.labels(route).observe(seconds)


def exposition(cursor: Any, connections: int) -> tuple[bytes, str]:
    """The text that Prometheus reads, and its content type."""
    cursor.execute(WAITING)
    waiting = dict(cursor.fetchall())
    for state in ("waiting", "refused", "failed"):
        INBOX.labels(state).set(waiting.get(state, 0))
    POOL.set(connections)
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
