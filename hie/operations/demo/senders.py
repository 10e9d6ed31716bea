"""Registers the city's feeds as sources, and the source `try` that takes unknown senders in the demonstration alone."""

from typing import Any

from hie import organisations
from hie.operations.city.city import City
from hie.senders import TRY
from record_store import sources
from record_store.sources import Sender


def register(cursor: Any, city: City, clinic_address: str) -> None:
    """All sources of the city and the institutions behind them; a second time renews them."""
    for feed in city.feeds:
        sender = Sender(
            name=feed.name,
            organisation=feed.organisation,
            identifier_system=feed.identifier_system,
            door=feed.door,
            zone=feed.zone,
            charset=feed.charset,
            feed_map=feed.feed_map,
            credential=clinic_address if feed.door == "view" else feed.credential,
        )
        sources.register(cursor, sender)
        organisations.register(cursor, feed.organisation, feed.title)
    sources.register(
        cursor,
        Sender(name=TRY, organisation="try", identifier_system="urn:hie:source:try", door="", credential=""),
    )
