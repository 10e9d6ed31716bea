"""The weights of the comparison in bits, log2(m/u), and the two thresholds.

Fellegi and Sunter (1969): `m` is how often two records of one person agree in this way, `u` how often two records of
different people do. The figures are estimates that a person can check, in round numbers, not fitted to a sample: a
birth date is one of about 30,000 (14.9 bits), a sex one of two, a mobile number belongs to a household of three.
A conflict weighs as much as errors of that kind are rare: addresses change, birth dates do not.
"""

from typing import Final

PRIOR: Final = -23.0
"""Two records drawn from a city of ten million are of one person about once in 2**23."""
LINK: Final = 12.0
"""Posterior odds of 4,000 to one: the patient joins the resident."""
REVIEW: Final = 4.0
"""Posterior odds of 16 to one: a person decides."""
VETO: Final = -100.0

CITIZEN_ID: Final = 30.0
CITIZEN_ID_OLD_FORM: Final = 28.0
CITIZEN_ID_MISTYPED: Final = 12.0
"""One character or a swap away from the other's number: a chance neighbour is a sibling at most."""
CITIZEN_ID_SAME_MISTYPED: Final = 14.0
CITIZEN_ID_CONFLICT: Final = -40.0
"""Each number passes its check, which finds every single wrong character and every swap."""
CITIZEN_ID_UNCLEAR: Final = -4.0

CARD: Final = 20.0
CARD_DIFFERENT: Final = -2.0
"""Cards are lost and renewed."""
SOCIAL_SECURITY: Final = 18.0
SOCIAL_SECURITY_NEAR: Final = 7.0
SOCIAL_SECURITY_CONFLICT: Final = -8.0
"""No check digit: a typing error can't be told from another person."""
NUMBER: Final = 12.0

BIRTH: Final = 15.0
BIRTH_NEW_YEAR: Final = 9.0
"""The first of January stands for an unknown day."""
BIRTH_SWAPPED: Final = 9.0
BIRTH_FIRST_OF_MONTH: Final = 7.0
BIRTH_ONE_PART: Final = 3.0
"""Year, month or day differs, the other two agree."""
BIRTH_MONTH: Final = 9.0
BIRTH_YEAR: Final = 5.0
BIRTH_CONFLICT: Final = -8.0

GENDER: Final = 1.0
GENDER_CONFLICT: Final = -5.0

MOBILE: Final = 12.0
LANDLINE: Final = 7.0
PHONE_DIFFERENT: Final = -1.5
ADDRESS: Final = 11.0
ADDRESS_MISTYPED: Final = 8.0
"""The same door on a street that differs in one character; doors that differ are neighbours."""
ADDRESS_STREET: Final = 6.0
"""The same house or estate; one of the two does not say which door."""
ADDRESS_PLACE: Final = 3.0
ADDRESS_DIFFERENT: Final = -1.0
HOUSEHOLD_CAP: Final = 18.0
"""Phone and address together: those who share one mostly share the other."""

GIVEN_CONFLICT: Final = -14.0
"""Twins share birth date, surname, phone and address, and differ in this alone: then the surname proves kin only."""
GIVEN_ONE_CHARACTER: Final = -7.0
FAMILY_CONFLICT: Final = -6.0
HOMOPHONE_LOSS: Final = -5.0
FUZZY_LOSS: Final = -8.0
PINYIN_LOSS: Final = -3.0
FORMER_LOSS: Final = -1.0

LATIN_SIMILAR_LOSS: Final = -3.0
LATIN_NICKNAME_LOSS: Final = -2.5
LATIN_INITIAL: Final = 2.5
LATIN_SWAPPED_LOSS: Final = -2.0
LATIN_FAMILY_CONFLICT: Final = -7.0
LATIN_GIVEN_CONFLICT: Final = -9.0
MIDDLE: Final = 5.0
MIDDLE_INITIAL: Final = 2.5
MIDDLE_CONFLICT: Final = -3.0
