"""How alike two short strings are: edit distance with transpositions, Jaro-Winkler, and a phonetic code.

Small and exact on purpose: they run on a handful of candidates that share a blocking key, never on the population.
"""

from functools import lru_cache
from typing import Final

_PREFIX = 4
_PREFIX_SCALE = 0.1

_SOUNDEX: Final = str.maketrans("bfpvcgjkqsxzdtlmnr", "111122222222334556")


def within_one_edit(left: str, right: str) -> bool:
    """Whether one insertion, deletion, substitution or swap of neighbours turns one text into the other."""
    if left == right:
        return True
    if abs(len(left) - len(right)) > 1:
        return False
    start = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        start += 1
    a, b = left[start:], right[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (len(a) > 1 and a[0] == b[1] and a[1] == b[0] and a[2:] == b[2:])
    return a[1:] == b if len(a) > len(b) else a == b[1:]


@lru_cache(maxsize=65_536)
def jaro_winkler(left: str, right: str) -> float:
    """Jaro-Winkler similarity, 0.0 to 1.0; empty text is like nothing."""
    if left == right:
        return 1.0 if left else 0.0
    if not left or not right:
        return 0.0
    reach = max(max(len(left), len(right)) // 2 - 1, 0)
    taken = [False] * len(right)
    kept: list[str] = []
    for i, character in enumerate(left):
        for j in range(max(0, i - reach), min(len(right), i + reach + 1)):
            if not taken[j] and right[j] == character:
                taken[j] = True
                kept.append(character)
                break
    if not kept:
        return 0.0
    others = [character for character, used in zip(right, taken, strict=True) if used]
    swaps = sum(a != b for a, b in zip(kept, others, strict=True)) / 2
    count = len(kept)
    jaro = (count / len(left) + count / len(right) + (count - swaps) / count) / 3
    prefix = 0
    for a, b in zip(left[:_PREFIX], right[:_PREFIX], strict=False):
        if a != b:
            break
        prefix += 1
    return jaro + prefix * _PREFIX_SCALE * (1 - jaro)


@lru_cache(maxsize=65_536)
def soundex(text: str) -> str:
    """The Soundex code (first letter and three digits) of the a-z letters of a lower-case text; empty without any."""
    letters = [c for c in text if "a" <= c <= "z"]
    if not letters:
        return ""
    code = letters[0]
    last = letters[0].translate(_SOUNDEX)
    for letter in letters[1:]:
        digit = letter.translate(_SOUNDEX)
        if digit.isdigit() and digit != last:
            code += digit
        if letter not in "hw":
            last = digit
    return (code + "000")[:4]
