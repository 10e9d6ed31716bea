"""A person's name as the resident index compares it: Chinese or Latin, its parts, and how it sounds.

FHIR R4 HumanName: https://hl7.org/fhir/R4/datatypes.html#HumanName. `text` is used before the parts, because Chinese
sources fill it reliably and the parts seldom. Pinyin is written without tones; `ü` and its spellings (v, yu) become u.
"""

import re
from functools import lru_cache
from typing import Any, Final

import msgspec
from pypinyin import lazy_pinyin

from fhir_profiles.text import normalise
from record_store.matching_characters import is_han, simplified

_COMPOUND_TEXT: Final = (
    "欧阳 上官 司马 诸葛 司徒 皇甫 尉迟 公孙 慕容 令狐 东方 夏侯 宇文 长孙 轩辕 端木 南宫 呼延 闻人 万俟 独孤 澹台 钟离 申屠 "
    "公冶 宗政 濮阳 淳于 单于 太史 赫连 鲜于 闾丘 司空 西门 东郭 百里 第五"
)
COMPOUND_SURNAMES: Final = frozenset(_COMPOUND_TEXT.split())
_SURNAME_READINGS: Final = {
    "单": ("shan", "dan"), "解": ("xie", "jie"), "仇": ("qiu", "chou"), "区": ("ou", "qu"), "任": ("ren",),
    "查": ("zha", "cha"), "曾": ("zeng", "ceng"), "朴": ("piao", "pu"), "盖": ("ge", "gai"), "乐": ("yue", "le"),
    "缪": ("miao", "mou"), "翟": ("zhai", "di"), "覃": ("qin", "tan"), "牟": ("mou", "mu"), "种": ("chong", "zhong"),
    "冼": ("xian",), "员": ("yun", "yuan"), "宓": ("mi", "fu"), "繁": ("po", "fan"), "燕": ("yan",), "万": ("wan",),
    "华": ("hua",), "俞": ("yu",), "洗": ("xian", "xi"), "黑": ("he", "hei"), "尹": ("yin",), "沈": ("shen", "chen"),
    "隗": ("kui", "wei"), "郇": ("xun", "huan"), "葛": ("ge",), "召": ("shao", "zhao"), "折": ("she", "zhe"),
    "柏": ("bai", "bo"), "宿": ("su", "xiu"), "尉": ("wei", "yu"), "都": ("du", "dou"), "石": ("shi",),
}  # fmt: skip
_PLACEHOLDER: Final = re.compile(
    r"无名氏?|未知|不详|佚名|未提供|保密|患者|病人|测试|新生儿|婴儿|匿名|某某"
    r"|(?:unknown|unk|anonymous|anon|test|patient|n/?a|none|no name)"
    r"|(?:baby|newborn|infant)(?: (?:boy|girl|male|female|a|b))?|(?:john|jane) doe|doe (?:john|jane)"
)
_NEWBORN_MARK: Final = re.compile(r"之[子女婴长次]|男婴|女婴|儿子$|女儿$|毛毛$|宝宝$|[大小]双$")
_NOT_LETTERS: Final = re.compile(r"[^a-z ]+")
_FOLDS: Final = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))
_FORMER: Final = frozenset({"old", "maiden"})
_PARTICLES: Final = frozenset({"jr", "sr", "ii", "iii", "iv", "mr", "mrs", "ms", "dr"})


class Name(msgspec.Struct, frozen=True, array_like=True):
    """One name: `script` is `han` or `latin`; `family` and `given` normalised (given without middle names).

    `sounds` holds each compact reading (`wangxiulan`), the primary one first; for Latin text the orders in which a
    pinyin name may be meant. `syllables` are those of the primary reading of a Chinese name.
    """

    script: str
    family: str
    given: str
    middle: str
    sounds: tuple[str, ...]
    syllables: tuple[str, ...]
    former: bool = False

    @property
    def full(self) -> str:
        """The whole name without spaces."""
        return self.family + self.given + self.middle


def names(patient: dict[str, Any]) -> tuple[Name, ...]:
    """The usable names of a FHIR Patient, current ones first; placeholders and newborns' makeshift names are left out."""
    found: dict[tuple[str, str, str], Name] = {}
    for human in sorted(patient.get("name") or (), key=lambda h: h.get("use") in _FORMER):
        name = _name(human)
        if name is not None:
            found.setdefault((name.family, name.given, name.middle), name)
    return tuple(found.values())


def fuzzy(sound: str) -> str:
    """A compact reading with the pairs folded that southern speech and keyboards confuse: zh/z, ch/c, sh/s, ng/n."""
    for long, short in _FOLDS:
        sound = sound.replace(long, short)
    return sound


@lru_cache(maxsize=16_384)
def _syllables(text: str) -> tuple[str, ...]:
    return tuple(_plain(s) for s in lazy_pinyin(text, errors="ignore"))


def _plain(syllable: str) -> str:
    return syllable.replace("lyu", "lu").replace("nyu", "nu").replace("v", "u").replace("ü", "u")


def _name(human: dict[str, Any]) -> Name | None:
    family = normalise(str(human.get("family") or ""))
    given = [normalise(str(part)) for part in human.get("given") or () if part]
    text = normalise(str(human.get("text") or "")) or " ".join([family, *given]).strip()
    former = human.get("use") in _FORMER
    if any(is_han(c) for c in text):
        return _chinese(simplified(text), simplified(family), former)
    return _latin(text, family, given, former)


def _chinese(text: str, family: str, former: bool) -> Name | None:
    text = "".join(c for c in text if is_han(c))
    if not text or _PLACEHOLDER.fullmatch(text) or (len(text) > 2 and _NEWBORN_MARK.search(text)):
        return None
    family = family if family and text.startswith(family) and len(family) < len(text) else _surname(text)
    given = text[len(family) :]
    rest = _syllables(given)
    first = _syllables(family)
    readings = _SURNAME_READINGS.get(family, ())
    heads = dict.fromkeys([*readings, "".join(first)])
    primary = (readings[0],) if readings else first
    tail = "".join(rest)
    return Name("han", family, given, "", tuple(head + tail for head in heads), (*primary, *rest), former)


def _surname(text: str) -> str:
    if len(text) > 2 and text[:2] in COMPOUND_SURNAMES:
        return text[:2]
    return text[:1] if len(text) > 1 else text


def _latin(text: str, family: str, given: list[str], former: bool) -> Name | None:
    text = _letters(text)
    tokens = [t for t in text.split() if t not in _PARTICLES]
    ways = (text, " ".join(reversed(tokens)), " ".join(dict.fromkeys(tokens)))
    if not tokens or any(_PLACEHOLDER.fullmatch(way) for way in ways):
        return None
    if family or given:
        first, *middle = [t for t in (_letters(g).replace(" ", "") for g in given) if t] or [""]
        last = "".join(t for t in _letters(family).split() if t not in _PARTICLES)
    else:
        first, *middle = tokens[:-1] or [""]
        last = tokens[-1]
    orders = ("".join(tokens), tokens[-1] + "".join(tokens[:-1]))
    sounds = tuple(dict.fromkeys(_plain(order) for order in orders))
    return Name("latin", last, first, "".join(middle), sounds, (), former)


def _letters(text: str) -> str:
    return " ".join(_NOT_LETTERS.sub("", text.replace("-", "").replace("'", "")).split())
