"""The rules of HL7v2, loaded from `rules/*.toml` and compiled once; which fields they read, and what they cover."""

from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Any

from adapters.hl7v2.functions import FUNCTIONS
from adapters.hl7v2.segment_reader import SegmentReader, place
from adapters.mapping import Mapper, RuleSet, compile_map, conditions, load, targets


class Rulebook:
    """Compiled maps by name, and for each segment the fields that some rule or handler reads."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.version = rules.version
        self.maps: dict[str, Mapper] = {
            name: compile_map(rule_map, rules.codes, FUNCTIONS, SegmentReader())
            for name, rule_map in rules.maps.items()
        }
        self.read: dict[str, dict[int, bool]] = {}
        for rule_map in rules.maps.values():
            for path, repeats in _paths(rule_map.rules, rule_map.reads):
                position = place(path)[0]
                known = self.read.setdefault(path[:3], {})
                known[position] = known.get(position, False) or repeats


@lru_cache(maxsize=1)
def rulebook() -> Rulebook:
    """The rules that ship with the exchange."""
    return Rulebook(load(*_texts()))


def overlaid(*texts: str) -> Rulebook:
    """The shipped rules with overlays of a country, region or site on top."""
    return Rulebook(load(*_texts(), *texts))


def _texts() -> list[str]:
    folder = resources.files("adapters.hl7v2").joinpath("rules")
    files = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name
    )
    return [entry.read_text(encoding="utf-8") for entry in files]


def _paths(rules: Iterable[Any], reads: tuple[str, ...]) -> Iterable[tuple[str, bool]]:
    for path in reads:
        yield path, True
    for rule in rules:
        repeats = bool(rule.ignore) or (bool(rule.target) and targets.repeats(targets.parse(rule.target)))
        for path in rule.sources:
            yield path, repeats
        if rule.when:
            yield from ((path, False) for path in conditions.paths(rule.when) if not path.startswith("$"))
