"""The only clock of the exchange, and its way of writing instants (FHIR `instant`, UTC, milliseconds)."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present, in UTC, cut to whole milliseconds so that what is stored equals what is shown."""
    present = datetime.now(UTC)
    return present.replace(microsecond=present.microsecond // 1000 * 1000)


def text(moment: datetime) -> str:
    """`2026-11-24T01:02:03.004Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
