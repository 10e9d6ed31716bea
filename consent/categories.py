"""Sensitivity labels: one bit each, on every row, and the words for them.

The codes of system `urn:hie:label` are the member names; where HL7 v3 ActCode has the same idea its code stands
beside it, for `meta.security` and for foreign Consents.
"""

from enum import IntFlag
from typing import NamedTuple

SYSTEM = "urn:hie:label"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


class Label(IntFlag):
    HIV_STD = 1 << 0
    MENTAL = 1 << 1
    REPRODUCTIVE = 1 << 2
    GENETIC = 1 << 3
    SUBSTANCE = 1 << 4
    ABUSE = 1 << 5
    NOTIFIABLE = 1 << 16
    UNKNOWN_SENSITIVE_DEPARTMENT = 1 << 17


class Words(NamedTuple):
    zh: str
    en: str
    act_code: str


WORDS: dict[Label, Words] = {
    Label.HIV_STD: Words("艾滋病与性病", "HIV and sexually transmitted diseases", "HIV"),
    Label.MENTAL: Words("精神与心理", "Mental health", "PSY"),
    Label.REPRODUCTIVE: Words("生育与计划生育", "Reproductive health", "SEX"),
    Label.GENETIC: Words("遗传信息", "Genetics", "GDIS"),
    Label.SUBSTANCE: Words("物质依赖", "Substance use", "ETH"),
    Label.ABUSE: Words("家庭暴力与侵害", "Abuse and violence", "SDV"),
    Label.NOTIFIABLE: Words("法定传染病报告", "Notifiable disease", ""),
    Label.UNKNOWN_SENSITIVE_DEPARTMENT: Words(
        "敏感科室未分类记录", "Unclassified, from a sensitive department", ""
    ),
}

SENSITIVE = int(
    Label.HIV_STD
    | Label.MENTAL
    | Label.REPRODUCTIVE
    | Label.GENETIC
    | Label.SUBSTANCE
    | Label.ABUSE
    | Label.UNKNOWN_SENSITIVE_DEPARTMENT
)
"""Rows that carry any of these need an explicit permit of the resident, whatever relation the caller has."""

BY_ACT_CODE = {words.act_code: label for label, words in WORDS.items() if words.act_code}


def named(mask: int) -> list[str]:
    """The codes of the labels in a mask, in bit order."""
    return [label.name for label in Label if mask & label and label.name]
