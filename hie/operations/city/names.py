"""Invented Chinese names: surnames by their frequency, given names by the fashion of the birth year.

Also what goes wrong with names at a registration desk: homophones of the input method, the traditional form,
a name taken at marriage or changed later.
"""

from random import Random
from typing import Final

_SURNAMES: Final = (
    "王:77 李:75 张:71 刘:57 陈:46 杨:32 赵:27 黄:25 周:20 吴:19 徐:17 孙:17 胡:13 朱:13 高:12 林:12 何:11 郭:11 马:10 罗:9 "
    "梁:8 宋:8 郑:8 谢:7 韩:7 唐:7 冯:7 于:7 董:6 萧:6 程:6 曹:6 袁:6 邓:6 许:6 傅:5 沈:5 曾:5 彭:5 吕:5 苏:5 卢:5 蒋:4 蔡:4 "
    "贾:4 丁:4 魏:4 薛:4 叶:4 阎:4 余:4 潘:4 杜:4 戴:3 夏:3 钟:3 汪:3 田:3 任:3 姜:3 范:3 方:3 石:3 姚:3 谭:3 廖:3 邹:3 熊:3 "
    "金:3 陆:3 郝:2 孔:2 白:2 崔:2 康:2 毛:2 邱:2 秦:2 江:2 史:2 顾:2 侯:2 邵:2 孟:2 龙:2 万:2 段:2 钱:2 汤:2 尹:2 黎:1 易:1 "
    "常:1 武:1 乔:1 贺:1 赖:1 龚:1 文:1 欧阳:1 上官:1 诸葛:1 司马:1"
)
_SURNAME_LIST: Final = tuple(pair.split(":")[0] for pair in _SURNAMES.split())
_SURNAME_WEIGHTS: Final = tuple(int(pair.split(":")[1]) for pair in _SURNAMES.split())

_GIVEN: Final = {
    (
        "M",
        1965,
    ): "建国 建华 志强 国庆 德福 振华 文斌 永康 玉山 长海 福林 德明 宝山 世杰 兆祥 广才 克勤 守义 忠信 树林 传英 维民",
    (
        "F",
        1965,
    ): "秀英 桂兰 玉珍 桂英 秀兰 凤英 淑华 淑珍 玉兰 秀梅 桂芳 爱华 月娥 素芬 瑞芝 春香 翠云 慧贞 凤霞 美容 秋菊 惠兰",
    (
        "M",
        1990,
    ): "伟 勇 军 磊 强 涛 超 明 刚 平 辉 鹏 杰 波 斌 晓东 海涛 立新 建军 志刚 文博 海珅 玘 宏伟 少华 卫东 庆丰 春生",
    (
        "F",
        1990,
    ): "芳 娜 敏 静 丽 艳 娟 霞 燕 玲 丹 萍 红 晓梅 丽娟 海燕 雪梅 晓红 文静 莉莉 婷 倩 颖 立萍 春燕 晶晶 亚男 慧敏",
    (
        "M",
        2010,
    ): "浩 宇 俊杰 子豪 嘉伟 天宇 博文 泽宇 志远 思远 宇航 家豪 晨曦 明轩 俊熙 一鸣 子轩 旭东 振宇 冠宇 鑫 凯 睿 晟",
    (
        "F",
        2010,
    ): "欣怡 佳怡 思雨 雨桐 婷婷 梦琪 佳琪 雪儿 雅婷 晓彤 子涵 诗雨 心怡 可馨 静怡 瑶 琳 璐 悦 雯 蕾 欣 颖 佳宁",
    (
        "M",
        9999,
    ): "沐宸 浩然 奕辰 宇泽 亦辰 一诺 子墨 梓轩 知远 景行 皓轩 若谷 云帆 星辰 宸 睿安 予安 书言 嘉树 向阳 小舟 小满 闻溪 允之",
    (
        "F",
        9999,
    ): "若汐 一诺 艺涵 依诺 梓涵 苡沫 语桐 可欣 欣妍 语汐 沐瑶 清欢 知夏 念安 书瑶 予希 初晴 一然 安然 星冉 小满 望舒 南乔 云舒",
}
_GIVEN_LISTS: Final = {key: tuple(names.split()) for key, names in _GIVEN.items()}

_PAIRS: Final = (
    "晓小 丽莉 建健 志智 文雯 玉钰 明铭 军君 伟玮 红虹 兰蓝 林琳 杰洁 宇雨 涵函 英瑛 华桦 芳方 梅玫 静婧 娟鹃 敏闵 燕艳 "
    "强蔷 涛滔 鹏朋 波博 斌彬 珍真 桂贵 秀绣 淑叔 云芸 凤风 欣心 佳嘉 怡仪 婷亭 浩皓 子紫 轩宣 泽择 辰晨 诺糯 安桉 然冉 "
    "国帼 庆青 德得 福富 振震 永泳 山杉 海诲 平苹 辉晖 刚钢 超朝 磊雷 勇永"
)
_HOMOPHONES: Final = {a: b for pair in _PAIRS.split() for a, b in ((pair[0], pair[1]), (pair[1], pair[0]))}
_TRADITIONAL: Final = str.maketrans(
    "张刘陈杨赵吴孙马罗郑谢韩冯萧邓许吕苏卢蒋贾叶阎余华国庆军伟丽兰云凤红强涛鹏轩泽颖静娟",
    "張劉陳楊趙吳孫馬羅鄭謝韓馮蕭鄧許呂蘇盧蔣賈葉閻餘華國慶軍偉麗蘭雲鳳紅強濤鵬軒澤穎靜娟",
)


def surname(random: Random) -> str:
    """A surname, as often as it occurs among a thousand people."""
    return random.choices(_SURNAME_LIST, _SURNAME_WEIGHTS)[0]


def given(random: Random, sex: str, birth_year: int) -> str:
    """A given name in the fashion of the year; `sex` is M or F."""
    era = next(limit for limit in (1965, 1990, 2010, 9999) if birth_year < limit)
    names = _GIVEN_LISTS[sex, era]
    name = random.choice(names)
    others = [candidate for candidate in names if len(candidate) == len(name) == 1 and candidate != name]
    return name + random.choice(others) if others and random.random() < 0.4 else name


def homophone(random: Random, name: str) -> str:
    """The name with one character that sounds the same; unchanged where the table knows none."""
    places = [index for index, character in enumerate(name) if index and character in _HOMOPHONES]
    if not places:
        return name
    place = random.choice(places)
    return name[:place] + _HOMOPHONES[name[place]] + name[place + 1 :]


def traditional(name: str) -> str:
    """The name as a system with traditional characters writes it."""
    return name.translate(_TRADITIONAL)
