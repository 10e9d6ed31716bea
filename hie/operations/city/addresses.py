"""Streets of the demonstration city. Districts carry their codes of GB/T 2260; streets and communities are invented."""

from dataclasses import dataclass
from random import Random
from typing import Final

PROVINCE: Final = "山东省"
CITY: Final = "青岛市"
_DISTRICTS: Final = (
    ("370202", "市南区", "266001", "望潮街道 听松街道"),
    ("370203", "市北区", "266012", "石榴街道 槐荫街道"),
    ("370212", "崂山区", "266100", "云岭街道 茶溪街道"),
    ("370213", "李沧区", "266041", "梅坡街道 桃源里街道"),
    ("370214", "城阳区", "266109", "稻香街道 雁河街道"),
)
_ROADS: Final = "听涛路 银杏路 海雾街 木樨路 灯塔巷 渔歌路 晚晴街 蓝鲸路 栈桥里 白帆路 山茶路 浪花街 鸥鸣路 榉树路 观星路 潮音街"
_GARDENS: Final = "望海苑 听松里 石榴园 晴川花园 云岭小区 茶溪新村 梅坡小区 稻香家园 雁河公寓 白帆小区"


@dataclass(frozen=True, slots=True)
class Address:
    """A home: district code and name, street office, road and house."""

    district_code: str
    district: str
    postcode: str
    township: str
    street: str
    house: str

    @property
    def line(self) -> str:
        """Road and house alone, as a form's second line has them."""
        return self.street + self.house

    @property
    def text(self) -> str:
        """The whole address in one line, province left out as people do."""
        return f"{CITY}{self.district}{self.township}{self.street}{self.house}"


def home(random: Random) -> Address:
    """An address somewhere in the city."""
    code, district, postcode, townships = random.choice(_DISTRICTS)
    house = f"{random.randint(1, 199)}号{random.choice(_GARDENS.split())}{random.randint(1, 28)}号楼"
    house += f"{random.randint(1, 4)}单元{random.randint(1, 18)}{random.randint(1, 4):02d}室"
    return Address(
        code, district, postcode, random.choice(townships.split()), random.choice(_ROADS.split()), house
    )


def abbreviated(address: Address) -> str:
    """The same home as a hurried clerk writes it: no street office, no building."""
    return f"{address.district}{address.street}{address.house.split('号')[0]}号"
