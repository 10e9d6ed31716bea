"""What a narrative may say: the basic formatting of HTML, without script, style sheets, forms, frames or objects.

https://hl7.org/fhir/R4/narrative.html#security, invariants txt-1 and txt-2. `PATTERN` matches a whole
`Narrative.div` whose elements and attributes are allowed and whose links lead to web pages, mail, telephones or
images. Whether the elements are nested rightly is not checked.
"""

from typing import Final

_ELEMENTS: Final = (
    "a|abbr|acronym|address|b|big|blockquote|br|caption|center|cite|code|col|colgroup|dd|dfn|div|dl|dt|em|font|h[1-6]"
    "|hr|i|img|kbd|li|map|area|ol|p|pre|q|s|samp|small|span|strike|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var"
)
_ATTRIBUTES: Final = (
    "abbr|accesskey|align|alt|axis|background|bgcolor|border|cellhalign|cellpadding|cellspacing|cellvalign|char|charoff"
    "|charset|class|color|colspan|compact|coords|dir|face|frame|headers|height|hreflang|hspace|id|lang|name|nowrap|rel|rev"
    "|rowspan|rules|scope|shape|size|span|start|style|summary|tabindex|title|type|valign|value|vspace|width|xml:lang"
    "|xml:space|xmlns(?::[a-z0-9]+)?|xsi:schemaLocation"
)
_CONTROL: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f"
_LINK: Final = r"(?:(?:https?|ftp|mailto|tel|urn|data:\s*image/[a-z+.\-]+)[:;]{text}|(?:{plain}|&amp;)*)"


def _quoted(quote: str) -> str:
    text, plain = rf"[^{quote}<{_CONTROL}]*", rf"[^{quote}<:&{_CONTROL}]"
    link = _LINK.format(text=text, plain=plain)
    return rf"(?:(?:{_ATTRIBUTES})\s*=\s*{quote}{text}{quote}|(?:href|src|cite|longdesc)\s*=\s*{quote}{link}{quote})"


_INSIDE: Final = rf"(?:\s+(?:{_quoted(chr(34))}|{_quoted(chr(39))}))*\s*"

PATTERN: Final = (
    rf"\s*<div{_INSIDE}(?:/>|>(?:[^<{_CONTROL}]|</(?:{_ELEMENTS})\s*>|<(?:{_ELEMENTS}){_INSIDE}/?>"
    rf"|<!--[^>{_CONTROL}]*-->)*)\s*"
)
