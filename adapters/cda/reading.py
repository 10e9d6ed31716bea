"""Reading a CDA tree: names without namespaces, types, and the texts that entries point to."""

from adapters.safe_xml import Element

V3 = "{urn:hl7-org:v3}"
SDTC = "{urn:hl7-org:sdtc}"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def without_namespaces(root: Element) -> None:
    """Rename elements in place: `urn:hl7-org:v3` falls away, `urn:hl7-org:sdtc` becomes `sdtc.`.

    Shared documents of the place add elements of their own and sometimes lack the namespace; paths stay short.
    """
    for element in root.iter():
        tag = element.tag
        if isinstance(tag, str) and tag[0] == "{":
            element.tag = "sdtc." + tag[len(SDTC) :] if tag.startswith(SDTC) else tag.rpartition("}")[2]


_VOID = frozenset({"NA", "N/A", "NULL", "-", "--", "/"})


def is_void(text: str) -> bool:
    """Whether a text stands for nothing: templates fill what they don't know with `NA` and the like."""
    return text.strip().upper() in _VOID


def words(element: Element | None) -> str:
    """The text inside an element with its blanks folded; empty for none."""
    return " ".join("".join(str(part) for part in element.itertext()).split()) if element is not None else ""


def attribute(element: Element | None, path: str, name: str) -> str:
    """The attribute of the first element at a path; empty where either is missing."""
    found = element.find(path) if element is not None and path else element
    return (found.get(name) or "").strip() if found is not None else ""


def value_type(element: Element) -> str:
    """The datatype of a `value`: its xsi:type without a prefix, or what its attributes say."""
    declared = (element.get(XSI_TYPE) or "").rpartition(":")[2]
    if declared:
        return declared
    if element.get("code") or element.find("translation") is not None:
        return "CD"
    if element.get("unit"):
        return "PQ"
    if element.find("low") is not None or element.find("high") is not None:
        return (
            "IVL_TS"
            if len(attribute(element, "low", "value") or attribute(element, "high", "value")) >= 8
            else "IVL_PQ"
        )
    return "ST"


def templates(element: Element) -> frozenset[str]:
    """The roots of an element's templateIds."""
    return frozenset(root for found in element.findall("templateId") if (root := found.get("root")))


def texts_by_id(root: Element) -> dict[str, str]:
    """The texts of the narrative by their ID: what `reference/@value` points to."""
    return {
        identity: words(element)
        for section in root.iter("text")
        for element in section.iter()
        if (identity := element.get("ID"))
    }
