"""Units of UCUM (https://ucum.org/ucum) brought to one form, so that 5.5 mmol/L and 0.0055 mol/L compare equal.

`canonical` takes a unit apart (prefixes, exponents, products, quotients, annotations) and returns its base form
and the factor and offset that lead there. Base units are m, g, s, K, C, cd, rad, mol and every arbitrary unit
([IU], [CFU], ...) on its own: mole stays a base, because molar and number concentrations are not compared here.
Unknown units return None and are compared as they are written.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

SYSTEM: Final = "http://unitsofmeasure.org"

_PREFIXES: Final = {
    **{"Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1},
    **{"d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24},
}
_BASES: Final = ("m", "g", "s", "K", "C", "cd", "rad", "mol")
_ARBITRARY: Final = (
    "[IU]", "[iU]", "[arb'U]", "[USP'U]", "[CFU]", "[PFU]", "[FFU]", "[CCID_50]", "[EID_50]", "[TCID_50]",
    "[D'ag'U]",
    "[ELU]", "[EU]", "[GPL'U]", "[MPL'U]", "[APL'U]", "[beth'U]", "[anti'Xa'U]", "[todd'U]", "[dye'U]",
    "[smgy'U]",
    "[bdsk'U]", "[ka'U]", "[knk'U]", "[mclg'U]", "[tb'U]", "[Amb'a'1'U]", "[AU]", "[BAU]", "[PNU]", "[Lf]",
    "[pH]", "B",
    "Np", "bit", "[hnsf'U]", "[HPF]", "[LPF]",
)  # fmt: skip
_DEFINED: Final[Mapping[str, tuple[str, str, bool]]] = {
    "l": ("0.001", "m3", True), "L": ("0.001", "m3", True), "t": ("1000000", "g", True),
    "u": ("1.66053906660e-24", "g", True),
    "min": ("60", "s", False), "h": ("3600", "s", False), "d": ("86400", "s", False),
    "wk": ("604800", "s", False),
    "mo": ("2629800", "s", False), "a": ("31557600", "s", False), "Hz": ("1", "s-1", True),
    "N": ("1000", "g.m.s-2", True), "Pa": ("1000", "g.m-1.s-2", True), "bar": ("1e8", "g.m-1.s-2", True),
    "m[Hg]": ("133322000", "g.m-1.s-2", True), "m[H2O]": ("9806650", "g.m-1.s-2", True),
    "atm": ("101325000", "g.m-1.s-2", False),
    "J": ("1000", "g.m2.s-2", True), "W": ("1000", "g.m2.s-3", True), "cal": ("4184", "g.m2.s-2", True),
    "[Cal]": ("4184000", "g.m2.s-2", False), "A": ("1", "C.s-1", True), "V": ("1000", "g.m2.s-2.C-1", True),
    "Ohm": ("1000", "g.m2.s-1.C-2", True), "S": ("0.001", "g-1.m-2.s.C2", True),
    "F": ("0.001", "g-1.m-2.s2.C2", True),
    "kat": ("1", "mol.s-1", True), "U": ("1/60000000", "mol.s-1", True), "eq": ("1", "mol", True),
    "osm": ("1", "mol", True),
    "Bq": ("1", "s-1", True), "Ci": ("3.7e10", "s-1", True), "Gy": ("1", "m2.s-2", True),
    "Sv": ("1", "m2.s-2", True),
    "RAD": ("0.01", "m2.s-2", True), "REM": ("0.01", "m2.s-2", True),
    "deg": ("0.017453292519943295", "rad", False),
    "sr": ("1", "", True), "lm": ("1", "cd", True), "lx": ("1", "cd.m-2", True), "diop": ("1", "m-1", True),
    "[diop]": ("1", "m-1", False), "P": ("100", "g.m-1.s-1", True), "dyn": ("0.01", "g.m.s-2", True),
    "[in_i]": ("0.0254", "m", False), "[ft_i]": ("0.3048", "m", False), "[mi_i]": ("1609.344", "m", False),
    "[lb_av]": ("453.59237", "g", False), "[oz_av]": ("28.349523125", "g", False),
    "[foz_us]": ("0.0000295735295625", "m3", False),
    "[cup_us]": ("0.0002365882365", "m3", False), "[tsp_us]": ("0.00000492892159375", "m3", False),
    "[tbs_us]": ("0.00001478676478125", "m3", False), "[pt_us]": ("0.000473176473", "m3", False),
    "[drp]": ("5e-8", "m3", False),
    "[gal_us]": ("0.003785411784", "m3", False), "[in_i'H2O]": ("249088910/1000", "g.m-1.s-2", False),
    "[psi]": ("6894757.293168", "g.m-1.s-2", False), "ar": ("100", "m2", True), "%": ("0.01", "", False),
    "[ppth]": ("0.001", "", False),
    "[ppm]": ("0.000001", "", False), "[ppb]": ("1e-9", "", False), "[pptr]": ("1e-12", "", False),
    "10*": ("10", "", False), "10^": ("10", "", False),
}  # fmt: skip
_SPECIAL: Final = {"Cel": (1.0, 273.15), "[degF]": (5 / 9, 459.67 * 5 / 9), "[degRe]": (1.25, 273.15)}
_METRIC: Final = {*_BASES, *_ARBITRARY, *(atom for atom, (_, _, metric) in _DEFINED.items() if metric)}
_ATOMS: Final = {*_BASES, *_ARBITRARY, *_DEFINED}
_TOKEN = re.compile(r"\{[^{}]*\}|\(|\)|\.|/|(?:10[*^]|(?:\[[^\[\]]+\]|[A-Za-z%'_])+)(?:[+-]?\d+)?|\d+")
_UNIT = re.compile(r"(10[*^]|.*?)([+-]?\d+)?")

_WRITTEN: Final = {
    "℃": "Cel", "°C": "Cel", "摄氏度": "Cel", "mmHg": "mm[Hg]", "次/分": "/min", "次/min": "/min", "bpm": "/min",
    "10^9/L": "10*9/L", "10^12/L": "10*12/L", "10~9/L": "10*9/L", "×10^9/L": "10*9/L", "×10^12/L": "10*12/L",
    "10E9/L": "10*9/L", "10E12/L": "10*12/L", "IU/L": "[IU]/L", "IU/ml": "[IU]/mL", "IU/mL": "[IU]/mL",
    "mIU/L": "m[IU]/L",
    "uIU/mL": "u[IU]/mL", "μIU/mL": "u[IU]/mL", "kg/㎡": "kg/m2", "kg/m²": "kg/m2", "岁": "a", "月": "mo",
    "周": "wk", "天": "d",
    "小时": "h", "分钟": "min", "厘米": "cm", "公斤": "kg", "千克": "kg", "克": "g", "毫克": "mg", "毫升": "mL",
    "片": "{tbl}", "粒": "{capsule}",
    "支": "{ampule}", "次": "{times}", "fl": "fL", "mEq/L": "meq/L", "mOsm/L": "mosm/L", "mmH2O": "mm[H2O]",
    "copies/ml": "{copies}/mL",
}  # fmt: skip

_LONGEST: Final = 80
_HIGHEST_POWER: Final = 100
"""Bounds that no real unit comes near: what is beyond costs time and means nothing."""

Dimensions = dict[str, int]


def code_for(written: str) -> str | None:
    """The UCUM code of a unit as people in this region write it (`mmHg`, `次/分`, `μmol/L`), or None."""
    text = written.strip().replace("μ", "u").replace("µ", "u")
    found = _WRITTEN.get(written.strip()) or _WRITTEN.get(text) or text
    return found if canonical(found) else None


def comparable(value: Decimal | float, unit: str) -> tuple[str, float] | None:
    """A value in a UCUM unit as (base form, number); None when the unit is unknown."""
    known = canonical(unit)
    if known is None:
        return None
    base, factor, offset = known
    return base, float(value) * factor + offset


@lru_cache(maxsize=2048)
def canonical(unit: str) -> tuple[str, float, float] | None:
    """Base form, factor and offset of a UCUM code: value · factor + offset is the value in the base form.

    `mg/dL` is `("g.m-3", 10.0, 0.0)`, `Cel` is `("K", 1.0, 273.15)`; a unit without dimension has base form "1".
    """
    if unit in _SPECIAL:
        return "K", *_SPECIAL[unit]
    tokens = _TOKEN.findall(unit)
    if not unit or len(unit) > _LONGEST or "".join(tokens) != unit:
        return None
    try:
        factor, dimensions = _term(tokens)
        scale = float(factor)
    except (ValueError, IndexError, OverflowError, ZeroDivisionError):
        return None
    return (_written(dimensions), scale, 0.0) if not tokens else None


def _term(tokens: list[str]) -> tuple[Fraction, Dimensions]:
    factor, dimensions = Fraction(1), Dimensions()
    divide = False
    if tokens[0] == "/":
        divide = bool(tokens.pop(0))
    while True:
        part, powers = _component(tokens)
        factor = factor / part if divide else factor * part
        for base, power in powers.items():
            dimensions[base] = dimensions.get(base, 0) + (-power if divide else power)
        if not tokens or tokens[0] == ")":
            return factor, dimensions
        operator = tokens.pop(0)
        if operator not in "./":
            raise ValueError(operator)
        divide = operator == "/"


def _component(tokens: list[str]) -> tuple[Fraction, Dimensions]:
    token = tokens.pop(0)
    if token == "(":  # noqa: S105 - a bracket of the grammar
        found = _term(tokens)
        if tokens.pop(0) != ")":
            raise ValueError("unclosed")
    elif token.startswith("{"):
        return Fraction(1), {}
    elif token.isdigit():
        found = Fraction(int(token)), {}
    else:
        found = _annotatable(token)
    if tokens and tokens[0].startswith("{"):
        tokens.pop(0)
    return found


def _annotatable(token: str) -> tuple[Fraction, Dimensions]:
    matched = _UNIT.fullmatch(token)
    if matched is None:
        raise ValueError(token)
    factor, dimensions = _simple(matched[1])
    power = int(matched[2] or 1)
    if abs(power) > _HIGHEST_POWER:
        raise ValueError(token)
    return factor**power, {base: each * power for base, each in dimensions.items()}


def _simple(text: str) -> tuple[Fraction, Dimensions]:
    if text in _ATOMS:
        return _atom(text)
    for length in (1, 2):
        prefix, atom = text[:length], text[length:]
        if prefix in _PREFIXES and atom in _METRIC:
            factor, dimensions = _atom(atom)
            return factor * Fraction(10) ** _PREFIXES[prefix], dimensions
    raise ValueError(text)


def _atom(atom: str) -> tuple[Fraction, Dimensions]:
    if atom not in _DEFINED:
        return Fraction(1), {"[IU]" if atom == "[iU]" else atom: 1}
    number, base, _ = _DEFINED[atom]
    dimensions = Dimensions()
    for part in base.split(".") if base else []:
        matched = _UNIT.fullmatch(part)
        if matched is not None:
            dimensions[matched[1]] = int(matched[2] or 1)
    return Fraction(number), dimensions


def _written(dimensions: Dimensions) -> str:
    order = sorted((base, power) for base, power in dimensions.items() if power)
    return ".".join(base if power == 1 else f"{base}{power}" for base, power in order) or "1"
