"""One payload for as many maps as look at it: decoded and parsed once, whichever reader asks."""

from collections.abc import Callable, Iterator
from typing import Any

from adapters.feeds import dbf, flat_files, sql_dump, structured
from adapters.feeds.record import Record
from adapters.safe_xml import parse
from adapters.source import Source


class Payload:
    """The bytes of a file, a request body or a batch of rows, and the documents that they hold, parsed when asked for.

    Every method raises a Failure where the bytes are not what the reader reads.
    """

    def __init__(self, content: bytes, source: Source):
        self.content, self.source = content, source
        self._documents: dict[str, Record] = {}

    def records(self, reader: dict[str, Any]) -> Iterator[Record]:
        """The records that a map's `[reader]` finds."""
        kind, charset = str(reader["kind"]), self._charset(reader)
        flat: dict[str, Callable[[], Iterator[Record]]] = {
            "csv": lambda: flat_files.delimited(self.content, charset, reader),
            "tsv": lambda: flat_files.delimited(self.content, charset, reader),
            "fixed": lambda: flat_files.fixed_width(self.content, charset, reader),
            "dbf": lambda: dbf.records(self.content, charset),
            "sql": lambda: sql_dump.records(self.content, charset),
        }
        if kind in flat:
            return flat[kind]()
        return iter(structured.records_of(self._document(kind, charset), str(reader.get("record", ""))))

    def columns(self, reader: dict[str, Any]) -> frozenset[str]:
        """The columns or paths that the first record could have values under."""
        kind = str(reader["kind"])
        if kind in ("csv", "tsv"):
            return flat_files.header(self.content, self._charset(reader), reader)
        if kind == "dbf":
            return dbf.columns(self.content)
        if kind == "fixed":
            return frozenset()
        first = next(self.records(reader), None)
        return first.paths() if first else frozenset()

    def _charset(self, reader: dict[str, Any]) -> str:
        return str(reader.get("charset", self.source.charset))

    def _document(self, kind: str, charset: str) -> Record:
        kind = "json" if kind == "row" else kind
        if kind not in self._documents:
            self._documents[kind] = structured.whole(self._parsed(kind, charset))
        return self._documents[kind]

    def _parsed(self, kind: str, charset: str) -> Any:
        if kind == "json":
            return structured.json_of(flat_files.decoded(self.content, charset))
        return structured.opened(self.content) if kind == "soap" else parse(self.content)
