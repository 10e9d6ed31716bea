"""The narrative of a section (CDA R2 §4.3.5) as the limited XHTML that FHIR allows (R4 narrative §2.4).

Nothing active survives: no attributes but colspan and rowspan, links to web and mail addresses alone, no images.
"""

from html import escape

from adapters.safe_xml import Element

_BLOCKS = {
    "paragraph": "p",
    "content": "span",
    "item": "li",
    "table": "table",
    "thead": "thead",
    "tbody": "tbody",
    "tfoot": "tfoot",
    "tr": "tr",
    "th": "th",
    "td": "td",
    "sub": "sub",
    "sup": "sup",
    "footnote": "span",
    "linkHtml": "a",
    "caption": "b",
}
_LEFT_OUT = frozenset({"renderMultiMedia", "colgroup", "col", "footnoteRef", "script", "style"})
_OPEN, _CLOSE = '<div xmlns="http://www.w3.org/1999/xhtml">', "</div>"


def narrative(text: Element | None) -> dict[str, str] | None:
    """The Narrative of a section's text; None where there are no words in it."""
    if text is None:
        return None
    inside = _inside(text)
    if not "".join(str(part) for part in text.itertext()).strip():
        return None
    return {"status": "generated", "div": f"{_OPEN}{inside}{_CLOSE}"}


def list_of(pairs: list[tuple[str, str]]) -> dict[str, str] | None:
    """A Narrative made of names and values, for sections that came without a text."""
    items = "".join(f"<li>{_text(name)}: {_text(value)}</li>" for name, value in pairs if value)
    return {"status": "generated", "div": f"{_OPEN}<ul>{items}</ul>{_CLOSE}"} if items else None


def _inside(element: Element) -> str:
    made = [_text(element.text)]
    for child in element:
        made.append(_element(child))
        made.append(_text(child.tail))
    return "".join(made)


def _element(element: Element) -> str:
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag in _LEFT_OUT:
        return ""
    if tag == "br":
        return "<br/>"
    if tag == "list":
        kind = "ol" if element.get("listType") == "ordered" else "ul"
        heading = "".join(_element(caption) for caption in element.findall("caption"))
        items = "".join(_element(item) for item in element.findall("item"))
        return f"{heading}<{kind}>{items}</{kind}>" if items else heading
    if tag == "table":
        return _table(element)
    name = _BLOCKS.get(tag)
    if name == "span" and "Bold" in (element.get("styleCode") or ""):
        name = "b"
    if name is None:
        return _inside(element)
    return f"<{name}{_attributes(element, name)}>{_inside(element)}</{name}>"


def _table(element: Element) -> str:
    """Rows outside a body are wrapped into one; the caption stands before the table."""
    caption = "".join(f"<p>{_inside(found)}</p>" for found in element.findall("caption"))
    parts = "".join(_rows(part, str(part.tag)) for part in element if part.tag in ("thead", "tfoot", "tbody"))
    loose = "".join(_row(row) for row in element.findall("tr"))
    body = parts + (f"<tbody>{loose}</tbody>" if loose else "")
    return f"{caption}<table>{body}</table>" if body else caption + f"<p>{_inside(element)}</p>"


def _rows(part: Element, tag: str) -> str:
    rows = "".join(_row(row) for row in part.findall("tr"))
    return f"<{tag}>{rows}</{tag}>" if rows else ""


def _row(row: Element) -> str:
    cells = "".join(_element(cell) for cell in row if cell.tag in ("td", "th"))
    return f"<tr>{cells}</tr>" if cells else ""


def _attributes(element: Element, name: str) -> str:
    if name in ("td", "th"):
        spans = ((span, element.get(span, "")) for span in ("colspan", "rowspan"))
        return "".join(f' {span}="{value}"' for span, value in spans if value.isdigit())
    href = element.get("href", "")
    if name == "a" and href.startswith(("http://", "https://", "mailto:")):
        return f' href="{escape(href)}"'
    return ""


def _text(text: str | None) -> str:
    return escape(text, quote=False) if text else ""
