"""Maps compiled to straight-line Python: a rule costs what the hand-written line would cost."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from adapters.mapping import conditions, targets
from adapters.mapping.readers import Reader
from adapters.mapping.rules import Rule, RuleError, RuleMap


class Mapper(Protocol):
    """A compiled map: fills and returns `resource` (a new one by default), or None when no rule read
    anything.
    """

    def __call__(
        self, record: Any, context: Any, resource: dict[str, Any] | None = None
    ) -> dict[str, Any] | None: ...


def compile_map(
    rule_map: RuleMap,
    codes: Mapping[str, Mapping[str, Any]],
    functions: Mapping[str, Callable[..., Any]],
    reader: Reader,
    *,
    plain: frozenset[str] = frozenset(),
) -> Mapper:
    """Compile one map.

    `plain` names the functions that take text; the others get the source's own form of the value (an HL7v2
    repetition, an XML element). A rule without a function takes text.
    """
    writer = _Writer(rule_map, codes, functions, reader, plain)
    source = writer.source()
    namespace = writer.names
    exec(compile(source, f"<map {rule_map.name}>", "exec"), namespace)  # noqa: S102
    mapper: Mapper = namespace["mapper"]
    return mapper


class _Writer:
    def __init__(
        self,
        rule_map: RuleMap,
        codes: Mapping[str, Mapping[str, Any]],
        functions: Mapping[str, Callable[..., Any]],
        reader: Reader,
        plain: frozenset[str],
    ) -> None:
        self.rule_map, self.codes, self.functions, self.reader, self.plain = (
            rule_map,
            codes,
            functions,
            reader,
            plain,
        )
        self.names: dict[str, Any] = dict(reader.names())
        self.labels: dict[str, str] = {}
        self.assigned: set[str] = set()

    def source(self) -> str:
        body: list[str] = []
        for number, rule in enumerate(self.rule_map.rules):
            if rule.target is not None:
                body += self._rule(number, rule)
        opening = f"{{'resourceType': {self.rule_map.into!r}}}" if self.rule_map.into[:1].isupper() else "{}"
        head = [
            "def mapper(record, context, resource=None):",
            f"    if resource is None: resource = {opening}",
            "    fired = context.fired",
            "    hit = False",
            *(f"    {variable} = None" for variable in self.labels.values()),
            *(f"    {line}" for line in self.reader.preamble()),
        ]
        return "\n".join(
            [*head, *(f"    {line}" for line in body), "    return resource if hit else None", ""]
        )

    def _rule(self, number: int, rule: Rule) -> list[str]:
        steps = targets.parse(rule.target) if rule.target else []
        convert = self._conversion(number, rule)
        keep = ["if value is not None:", *(f"    {line}" for line in self._keep(rule, steps))]
        lines = self._read(rule, steps, [*convert, *keep])
        if rule.when:
            lines = [f"if {conditions.python(rule.when, self._text)}:", *(f"    {line}" for line in lines)]
        return lines

    def _keep(self, rule: Rule, steps: list[targets.Step], *, reads: bool = True) -> list[str]:
        first_wins = rule.target in self.assigned
        self.assigned.add(rule.target or "")
        lines = targets.assignment(steps, self.labels, first_wins=first_wins) if steps else []
        if rule.sources and reads:
            lines.append("hit = True")
        return [*lines, f"if fired is not None: fired.append({rule.id!r})"]

    def _text(self, path: str) -> str:
        return self._first(path, plain=True)

    def _first(self, path: str, *, plain: bool) -> str:
        if path.startswith("$"):
            return f"context.{path[1:]}"
        return self.reader.first(path, plain=plain)

    def _read(self, rule: Rule, steps: list[targets.Step], inner: list[str]) -> list[str]:
        plain = not rule.function or rule.function in self.plain
        indented = [f"    {line}" for line in inner]
        if not rule.sources:
            return inner
        if rule.several:
            values = ", ".join(self._first(path, plain=plain) for path in rule.sources)
            return [f"given = [{values}]", "if any(given):", *indented]
        path = rule.sources[0]
        if targets.repeats(steps) and rule.value is None and not path.startswith("$"):
            return [f"for given in {self.reader.each(path, plain=plain)}:", *indented]
        lines = [f"given = {self._first(path, plain=plain)}"]
        if rule.default is None:
            return [*lines, "if given:", *indented]
        fallback = [
            f"    {line}" for line in [f"value = {rule.default!r}", *self._keep(rule, steps, reads=False)]
        ]
        return [*lines, "if given:", *indented, "else:", *fallback]

    def _conversion(self, number: int, rule: Rule) -> list[str]:
        if rule.value is not None:
            return [f"value = {rule.value!r}"]
        lines = ["value = given"]
        if rule.function:
            if rule.function not in self.functions:
                raise RuleError(f"{rule.id}: there is no function {rule.function!r}")
            self.names[f"call_{rule.function}"] = self.functions[rule.function]
            arguments = "".join(f", {argument!r}" for argument in rule.arguments)
            lines = [f"value = call_{rule.function}(given, context{arguments})"]
        if rule.codes:
            if rule.codes not in self.codes:
                raise RuleError(f"{rule.id}: there is no code table {rule.codes!r}")
            table = dict(self.codes[rule.codes])
            other = table.pop("*", None)
            self.names[f"_codes_{number}"] = table
            self.names[f"_other_{number}"] = other
            lines += [
                "if value is not None:",
                f"    looked = _codes_{number}.get(value, _other_{number})",
                f"    if looked is None: context.unmapped({rule.sources[0]!r}, value)",
                "    value = dict(looked) if isinstance(looked, dict) else looked or None",
            ]
        return lines
