"""Rule files read and checked: TOML text to `RuleSet`. The format is described in `adapters.mapping`."""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

KEYS = {"id", "from", "to", "as", "map", "value", "default", "when", "ignore"}


class RuleError(ValueError):
    """A rule file says something that cannot be compiled; the text names the rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a map. `sources` is empty for a literal; `function` is empty for plain text."""

    id: str
    sources: tuple[str, ...] = ()
    target: str | None = None
    function: str = ""
    arguments: tuple[str, ...] = ()
    codes: str = ""
    value: Any = None
    default: Any = None
    when: str = ""
    ignore: str = ""
    several: bool = False


@dataclass(slots=True)
class RuleMap:
    """One source record to one resource or element; `follows` names the standard's own table, where there
    is one.
    """

    name: str
    into: str
    record: str = ""
    follows: str = ""
    reads: tuple[str, ...] = ()
    rules: list[Rule] = field(default_factory=list)


@dataclass(slots=True)
class RuleSet:
    """All maps and code tables of an adapter. `version` is a digest of the files it came from."""

    maps: dict[str, RuleMap]
    codes: dict[str, dict[str, Any]]
    version: str

    def ids(self) -> list[str]:
        """Every rule id that fills something, in order."""
        return [
            rule.id for rule_map in self.maps.values() for rule in rule_map.rules if rule.target is not None
        ]


def load(*texts: str) -> RuleSet:
    """Read rule files in order. A later map of the same name adds rules, and replaces those with the same
    id.
    """
    maps: dict[str, RuleMap] = {}
    codes: dict[str, dict[str, Any]] = {}
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode())
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise RuleError(f"rule file is not TOML: {error}") from error
        for entry in document.get("map", []):
            _add(maps, entry)
        for name, table in document.get("codes", {}).items():
            codes.setdefault(name, {}).update(table)
    return RuleSet(maps, codes, digest.hexdigest()[:12])


def _add(maps: dict[str, RuleMap], entry: dict[str, Any]) -> None:
    try:
        name, into = entry["name"], entry["into"]
    except KeyError as missing:
        raise RuleError(f"a map lacks {missing}") from None
    rule_map = maps.setdefault(name, RuleMap(name, into, entry.get("record", ""), entry.get("follows", "")))
    rule_map.reads += tuple(entry.get("reads", ()))
    position = {rule.id: index for index, rule in enumerate(rule_map.rules)}
    here: Counter[str] = Counter()
    for line in entry.get("rules", []):
        rule = _rule(name, line)
        here[rule.id] += 1
        if here[rule.id] > 1:
            rule = replace(rule, id=f"{rule.id}#{here[rule.id]}")
        if rule.id in position:
            rule_map.rules[position[rule.id]] = rule
        else:
            position[rule.id] = len(rule_map.rules)
            rule_map.rules.append(rule)


def _rule(map_name: str, line: dict[str, Any]) -> Rule:
    unknown = set(line) - KEYS
    source = line.get("from", ())
    several = isinstance(source, list)
    sources = tuple(source) if several else ((source,) if source else ())
    target = line.get("to")
    identity = (
        line.get("id") or f"{map_name}:{'+'.join(sources)}>{target if target is not None else 'ignored'}"
    )
    if "when" in line and "id" not in line:
        identity += f"?{line['when']}"
    if unknown:
        raise RuleError(f"{identity}: unknown keys {sorted(unknown)}")
    if target is None and "ignore" not in line:
        raise RuleError(f"{identity}: neither `to` nor `ignore`")
    if target is not None and not sources and "value" not in line:
        raise RuleError(f"{identity}: neither `from` nor `value`")
    function, arguments = _call(line.get("as", ""))
    return Rule(
        id=identity,
        sources=sources,
        target=target,
        function=function,
        arguments=arguments,
        codes=line.get("map", ""),
        value=line.get("value"),
        default=line.get("default"),
        when=line.get("when", ""),
        ignore=line.get("ignore", ""),
        several=several,
    )


def _call(text: str) -> tuple[str, tuple[str, ...]]:
    if "(" not in text:
        return text, ()
    name, _, rest = text.partition("(")
    return name, tuple(_arguments(rest.rstrip().removesuffix(")").split(",")))


def _arguments(pieces: Iterable[str]) -> Iterable[str]:
    return (piece.strip().strip("\"'") for piece in pieces)
