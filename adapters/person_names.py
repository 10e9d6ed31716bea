"""Names written in one piece, as Chinese institutions do, to FHIR HumanName."""

import re
from typing import Any

_OTHER = re.compile(r"[\x00-\u2fff·（）()]")
"""Letters of other scripts, and the dot inside names of other peoples."""

_COMPOUND = (
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 "
    "慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 令狐"
)


def human_name(written: str) -> dict[str, Any]:
    """`text`, and family and given name where the text is two to four Chinese characters."""
    made: dict[str, Any] = {"text": written}
    if 2 <= len(written) <= 4 and not _OTHER.search(written):
        length = 2 if written[:2] in _COMPOUND and len(written) > 2 else 1
        made |= {"family": written[:length], "given": [written[length:]]}
    return made
