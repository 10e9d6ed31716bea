"""How two names compare: the evidence word and its bits, Chinese with Chinese, with pinyin, Latin with Latin."""

from typing import Final

from record_store import matching_weights as weights
from record_store.matching_frequencies import (
    LATIN_GIVEN,
    NAME_CAP,
    given_bits,
    latin_surname_bits,
    surname_bits,
)
from record_store.matching_names import Name, fuzzy
from record_store.matching_similarity import jaro_winkler, soundex, within_one_edit

_SIMILAR: Final = 0.88
_NICKNAME_TEXT: Final = (
    "william bill will willy billy|robert bob rob bobby|richard dick rick|james jim jimmy|john jack johnny jon|joseph joe joey|"
    "michael mike|thomas tom tommy|charles charlie chuck|elizabeth liz beth betty eliza|margaret maggie peggy meg|"
    "katherine kathy kate katie catherine kathryn|patricia pat patty trish|jennifer jen jenny|christopher chris|"
    "daniel dan danny|matthew matt|anthony tony|edward ed eddie ted|samuel sam|benjamin ben|nicholas nick|alexander alex|"
    "andrew andy drew|steven steve stephen|gregory greg|rebecca becky|susan sue suzy|deborah debbie deb|angela angie|"
    "jessica jess jessie|melvin mel|amy ami|david dave|donald don|kenneth ken|timothy tim|ronald ron|lawrence larry|"
    "gerald jerry|raymond ray|theodore ted theo|frederick fred|walter walt|barbara barb|cynthia cindy|pamela pam|"
    "sandra sandy|victoria vicky|alexandra alex|kristopher kris chris"
)
_NICKNAMES: Final = [frozenset(group.split()) for group in _NICKNAME_TEXT.split("|")]


def compare_names(left: tuple[Name, ...], right: tuple[Name, ...]) -> tuple[str, float]:
    """The best agreement among all pairs of two people's names: a coded word and its bits.

    Without a usable name on either side: `missing` and 0.
    """
    if not left or not right:
        return "missing", 0.0
    return max((_compare(a, b) for a in left for b in right), key=lambda found: found[1])


def _compare(a: Name, b: Name) -> tuple[str, float]:
    if a.script == b.script == "han":
        word, bits = _chinese(a, b)
    elif a.script == b.script:
        word, bits = _latin(a, b)
    else:
        word, bits = _pinyin(a, b) if a.script == "han" else _pinyin(b, a)
    if bits > 0 and (a.former or b.former):
        word, bits = f"former-{word}", bits + weights.FORMER_LOSS
    return word, min(bits, NAME_CAP)


def _chinese(a: Name, b: Name) -> tuple[str, float]:
    if a.full == b.full:
        return "same", surname_bits(a.family) + given_bits(a.given)
    if a.family == b.family:
        return _of_one_family(a, b)
    if set(a.sounds) & set(b.sounds):
        return "homophone", _given(a, b) + weights.HOMOPHONE_LOSS
    if a.given == b.given:
        return "family-conflict", given_bits(a.given) + weights.FAMILY_CONFLICT
    return "conflict", weights.GIVEN_CONFLICT


def _of_one_family(a: Name, b: Name) -> tuple[str, float]:
    bits = surname_bits(a.family) + _given(a, b)
    if set(a.sounds) & set(b.sounds):
        return "homophone", bits + weights.HOMOPHONE_LOSS
    if _fuzzy(a) & _fuzzy(b):
        return "similar-sound", bits + weights.FUZZY_LOSS
    if len(a.given) == len(b.given) == 2 and (a.given[0] == b.given[0] or a.given[1] == b.given[1]):
        return "given-one-character", weights.GIVEN_ONE_CHARACTER
    return "given-conflict", weights.GIVEN_CONFLICT


def _given(a: Name, b: Name) -> float:
    return min(given_bits(a.given), given_bits(b.given))


def _pinyin(han: Name, latin: Name) -> tuple[str, float]:
    bits = surname_bits(han.family) + given_bits(han.given)
    if set(han.sounds) & set(latin.sounds):
        return "pinyin", bits + weights.PINYIN_LOSS
    if _fuzzy(han) & _fuzzy(latin):
        return "similar-sound", bits + weights.FUZZY_LOSS
    return "conflict", weights.GIVEN_CONFLICT


def _fuzzy(name: Name) -> set[str]:
    return {fuzzy(sound) for sound in name.sounds}


def _latin(a: Name, b: Name) -> tuple[str, float]:
    straight = _latin_parts(a.family, a.given, b.family, b.given)
    if a.sounds[0] == b.sounds[0] and straight[1] < LATIN_GIVEN:
        straight = ("same", min(latin_surname_bits(a.family), latin_surname_bits(b.family)) + LATIN_GIVEN)
    middle = _middle(a.middle, b.middle)
    ways = ((a, b), (b, a))
    crossed = min((_latin_parts(x.family, x.given, y.given, y.family) for x, y in ways), key=lambda c: c[1])
    if crossed[1] > straight[1] + weights.MIDDLE:
        return "swapped", crossed[1] + weights.LATIN_SWAPPED_LOSS
    return straight[0], straight[1] + middle


def _latin_parts(family: str, given: str, other_family: str, other_given: str) -> tuple[str, float]:
    family_word, family_bits = _latin_family(family, other_family)
    given_word, given_bits_ = _latin_given(given, other_given)
    word = family_word if family_word == given_word else f"family-{family_word}-given-{given_word}"
    return word, family_bits + given_bits_


def _latin_family(a: str, b: str) -> tuple[str, float]:
    if not a or not b:
        return "missing", 0.0
    bits = min(latin_surname_bits(a), latin_surname_bits(b))
    if a == b:
        return "same", bits
    if min(len(a), len(b)) >= 4 and (a in b or b in a):
        return "similar", bits + weights.LATIN_SIMILAR_LOSS
    if within_one_edit(a, b) or jaro_winkler(a, b) >= _SIMILAR or (soundex(a) == soundex(b) and len(a) > 3):
        return "similar", bits + 2 * weights.LATIN_SIMILAR_LOSS
    return "conflict", weights.LATIN_FAMILY_CONFLICT


def _latin_given(a: str, b: str) -> tuple[str, float]:
    if not a or not b:
        return "missing", 0.0
    if a == b:
        return "same", LATIN_GIVEN
    if any(a in group and b in group for group in _NICKNAMES):
        return "nickname", LATIN_GIVEN + weights.LATIN_NICKNAME_LOSS
    if len(a) == 1 or len(b) == 1:
        return (
            ("initial", weights.LATIN_INITIAL) if a[0] == b[0] else ("conflict", weights.LATIN_GIVEN_CONFLICT)
        )
    if (len(a) > 3 and within_one_edit(a, b)) or jaro_winkler(a, b) >= _SIMILAR:
        return "similar", LATIN_GIVEN + weights.LATIN_SIMILAR_LOSS
    return "conflict", weights.LATIN_GIVEN_CONFLICT


def _middle(a: str, b: str) -> float:
    if not a or not b:
        return 0.0
    if a == b and len(a) > 1:
        return weights.MIDDLE
    if a[0] == b[0] and (len(a) == 1 or len(b) == 1 or jaro_winkler(a, b) >= _SIMILAR):
        return weights.MIDDLE_INITIAL
    return weights.MIDDLE_CONFLICT
