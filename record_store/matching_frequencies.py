"""How much a name tells: bits of evidence by how common it is, so that two 王伟 born on one day stay two people.

A name that one person in `2**n` carries gives `n` bits when it agrees. Surnames: shares of the population published
with the national name reports of 2018 to 2021, rounded; given names: the names that those reports list as the most
frequent of each generation, as one class. Latin surnames: the frequent ones of the United States census of 2010.
What is not listed gets the bits of a rare name, capped, because a small table can't tell rare from very rare.
"""

from math import log2
from typing import Final

_PER_TEN_THOUSAND: Final = (
    "王720李700张680刘510陈460杨310黄220赵210吴200周190徐140孙140马130朱120胡120郭115何110林110高100罗95郑93梁85谢75"
    "宋70唐68许65邓65冯62韩62曹60曾58彭58萧56肖56蔡53潘52田52董51袁50于48余48叶48蒋47杜46苏45魏45程44吕44丁43沈42任42"
    "姚41卢40傅40付40钟39姜39崔38谭38廖37范37汪36陆36金35石35戴34贾33韦33夏32邱31方31侯30邹30熊29孟28秦28白27江27阎26闫26"
    "薛26尹25段24雷24黎23史22龙22陶22贺21顾21毛20郝20龚20邵20万19钱19严19覃18武18戚4莫17孔17向16汤15"
)
_FREQUENT_GIVEN_TEXT: Final = (
    "伟 静 敏 丽 芳 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 霞 平 刚 玲 燕 辉 斌 鹏 红 英 梅 琴 波 华 兵 飞 浩 鑫 宇 亮 峰 萍 建 丹 云 "
    "秀英 桂英 秀兰 玉兰 桂兰 秀珍 凤英 玉珍 玉英 兰英 淑珍 淑英 建华 建国 建军 国强 志强 志明 永强 海燕 春梅 小红 婷婷 丽娟 "
    "雪梅 晓燕 玉梅 秀华 桂芳 桂香 桂荣 桂珍 淑兰 淑华 秀芳 秀云 秀梅 凤兰 凤英 红梅 红霞 冬梅 文 俊 凯 帆 成 欣 宁 婷 莉 倩 "
    "子轩 浩宇 梓涵 欣怡 子涵 雨桐 一诺 沐宸 宇轩 诗涵 浩然 梓萱 可欣 佳怡 梓轩 雨涵 涵 轩 博文 思远"
)
_FREQUENT_GIVEN: Final = frozenset(_FREQUENT_GIVEN_TEXT.split())
_FREQUENT_LATIN_TEXT: Final = (
    "smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson "
    "thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson walker young "
    "allen king wright scott torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter "
    "roberts"
)
_FREQUENT_LATIN_SURNAMES: Final = frozenset(_FREQUENT_LATIN_TEXT.split())

RARE_SURNAME: Final = 11.0
FREQUENT_GIVEN: Final = 8.0
RARE_GIVEN: Final = {1: 10.0, 2: 12.0}
FREQUENT_LATIN_SURNAME: Final = 8.0
RARE_LATIN_SURNAME: Final = 11.5
LATIN_GIVEN: Final = 7.0
NAME_CAP: Final = 18.0
"""No full name tells more than this: somewhere there is another one."""


def _shares() -> dict[str, float]:
    shares: dict[str, float] = {}
    surname = ""
    digits = ""
    for character in _PER_TEN_THOUSAND + "\0":
        if character.isdigit():
            digits += character
            continue
        if digits:
            shares[surname] = log2(10_000 / int(digits))
        surname, digits = character, ""
    return shares


_SURNAME_BITS: Final = _shares()


def surname_bits(surname: str) -> float:
    """Bits of an agreeing Chinese surname, simplified."""
    return _SURNAME_BITS.get(surname, RARE_SURNAME)


def given_bits(given: str) -> float:
    """Bits of an agreeing Chinese given name, simplified."""
    if given in _FREQUENT_GIVEN:
        return FREQUENT_GIVEN
    return RARE_GIVEN.get(len(given), RARE_GIVEN[2])


def latin_surname_bits(surname: str) -> float:
    """Bits of an agreeing family name in Latin letters, normalised."""
    return FREQUENT_LATIN_SURNAME if surname in _FREQUENT_LATIN_SURNAMES else RARE_LATIN_SURNAME
