"""Proprietary feeds, driven by tables: a TOML map tells how columns and elements become FHIR (docs/add-a-feed.md)."""

from adapters.feeds.feed_map import FeedMap, load, names, shipped
from adapters.feeds.translation import guess, rows, translate

__all__ = ["FeedMap", "guess", "load", "names", "rows", "shipped", "translate"]
