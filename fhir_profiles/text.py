"""One way to fold text for comparison: search parameters of type string, names and addresses in the index.

FHIR R4 search §3.1.1.4.8: string search ignores case and accents. Both the index and the query call
`normalise`, so the two always agree.
"""

import unicodedata
from typing import Final

LONGEST: Final = 600
"""Characters of a text that are compared; what an index row can hold in any script."""

_ACCENTS = dict.fromkeys(range(0x0300, 0x0370))
_CONTACT_NOISE = str.maketrans("", "", "()-")


def normalise(text: str) -> str:
    """Fold case, accents, full-width forms and runs of white space: `Ｌｉ  Ñu ` becomes `li nu`.

    Chinese characters stay as they are; so do the voicing marks of kana, which change the word. At most
    `LONGEST` characters come back: what is longer is compared by its beginning.
    """
    return folded(text)[:LONGEST]


def folded(text: str) -> str:
    """The whole of a text, folded as `normalise` does."""
    if text.isascii():
        return " ".join(text.lower().split())
    apart = unicodedata.normalize("NFKD", text.casefold()).translate(_ACCENTS)
    return " ".join(unicodedata.normalize("NFKC", apart).casefold().split())


def contact(text: str) -> str:
    """A telephone number or mail address without spaces and punctuation that people vary: `+86 (532) 8888-1234`."""
    return "".join(normalise(text).translate(_CONTACT_NOISE).split())


def words(text: str) -> list[str]:
    """The normalised words of a text, in order, without repeats."""
    return list(dict.fromkeys(normalise(text).split()))
