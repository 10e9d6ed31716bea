"""The condition column of a rule, parsed and written as a Python expression.

Grammar: `or` of `and` of `[not] (path | path = "x" | path != "x" | path in ("x", "y") | "(" ... ")")`.
"""

import re
from collections.abc import Callable

from adapters.mapping.rules import RuleError

_TOKEN = re.compile(r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<mark>!=|=|\(|\)|,)|(?P<word>[^\s=!(),"']+))""")


def python(condition: str, read: Callable[[str], str]) -> str:
    """The expression for a condition; `read(path)` gives the expression for the text at a source path."""
    tokens = _tokens(condition)
    expression, rest = _either(tokens, read)
    if rest:
        raise RuleError(f"condition {condition!r}: {rest[0]!r} is not expected")
    return expression


def paths(condition: str) -> list[str]:
    """The source paths a condition looks at."""
    found: list[str] = []

    def note(path: str) -> str:
        found.append(path)
        return path

    python(condition, note)
    return found


def _tokens(condition: str) -> list[str]:
    tokens, position = [], 0
    text = condition.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise RuleError(f"condition {condition!r} stops making sense at {text[position:]!r}")
        tokens.append(match.group().strip())
        position = match.end()
    return tokens


def _either(tokens: list[str], read: Callable[[str], str]) -> tuple[str, list[str]]:
    left, tokens = _both(tokens, read)
    while tokens and tokens[0] == "or":
        right, tokens = _both(tokens[1:], read)
        left = f"({left} or {right})"
    return left, tokens


def _both(tokens: list[str], read: Callable[[str], str]) -> tuple[str, list[str]]:
    left, tokens = _one(tokens, read)
    while tokens and tokens[0] == "and":
        right, tokens = _one(tokens[1:], read)
        left = f"({left} and {right})"
    return left, tokens


def _one(tokens: list[str], read: Callable[[str], str]) -> tuple[str, list[str]]:
    if not tokens:
        raise RuleError("condition ends early")
    head, rest = tokens[0], tokens[1:]
    if head == "not":
        inner, rest = _one(rest, read)
        return f"(not {inner})", rest
    if head == "(":
        inner, rest = _either(rest, read)
        if not rest or rest[0] != ")":
            raise RuleError("condition lacks a closing bracket")
        return inner, rest[1:]
    path = read(head)
    if rest[:1] == ["="] or rest[:1] == ["!="]:
        return f"({path} {'==' if rest[0] == '=' else '!='} {_literal(rest[1:])!r})", rest[2:]
    if rest[:1] == ["in"]:
        values, rest = _values(rest[1:])
        return f"({path} in {sorted(values)!r})", rest
    return f"({path})", rest


def _literal(tokens: list[str]) -> str:
    if not tokens:
        raise RuleError("condition lacks a value")
    return tokens[0].strip("\"'")


def _values(tokens: list[str]) -> tuple[frozenset[str], list[str]]:
    if tokens[:1] != ["("] or ")" not in tokens:
        raise RuleError("`in` needs a bracketed list")
    end = tokens.index(")")
    return frozenset(word.strip("\"'") for word in tokens[1:end] if word != ","), tokens[end + 1 :]
