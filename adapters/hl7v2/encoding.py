"""The delimiters of a message, and its escape sequences (HL7v2 chapter 2, §2.5.4 and §2.7)."""

import re
from dataclasses import dataclass
from functools import lru_cache

_CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\r\n")
STANDARD = "^~\\&"


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    r"""Field separator and encoding characters as MSH-1 and MSH-2 give them, and the codec of the bytes.

    The codec is needed for `\X..\`, whose bytes are in the character set of the message.
    """

    separator: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""
    codec: str = "utf-8"
    defaulted: bool = False

    def text(self, raw: str) -> str:
        """The text of a raw value: unescaped, outer blanks gone; the HL7 null `""` reads as empty."""
        if not raw or raw.isalnum():
            return raw
        if self.escape in raw:
            raw = _sequences(self.escape).sub(self._decoded, raw)
        raw = raw.strip()
        return "" if raw == '""' else raw

    def first(self, raw: str) -> str:
        """The text of the first component's first subcomponent."""
        if raw.isalnum():
            return raw
        if self.component in raw:
            raw = raw[: raw.index(self.component)]
        if self.subcomponent in raw:
            raw = raw[: raw.index(self.subcomponent)]
        if self.escape in raw:
            return self.text(raw)
        raw = raw.strip()
        return "" if raw == '""' else raw

    def texts(self, raw: str) -> list[str]:
        """The texts of all components (of each, the first subcomponent)."""
        if self.subcomponent in raw:
            sub = self.subcomponent
            return [self.text(piece.split(sub, 1)[0]) for piece in raw.split(self.component)]
        if self.escape in raw:
            return [self.text(piece) for piece in raw.split(self.component)]
        return ["" if piece == '""' else piece.strip() for piece in raw.split(self.component)]

    def escaped(self, text: str) -> str:
        """Text made safe to stand in a field of a message with these delimiters."""
        text = text.replace(self.escape, f"{self.escape}E{self.escape}")
        for mark, letter in (
            (self.separator, "F"),
            (self.component, "S"),
            (self.repetition, "R"),
            (self.subcomponent, "T"),
        ):
            text = text.replace(mark, f"{self.escape}{letter}{self.escape}")
        return text.replace("\r\n", " ").replace("\r", " ").replace("\n", " ")

    def _decoded(self, match: re.Match[str]) -> str:
        code = match[1]
        letter = code[0]
        if len(code) == 1:
            return self._character(letter, match[0])
        if letter == "X":
            return self._bytes(code[1:], match[0])
        if letter == ".":
            return _formatting(code[1:])
        if letter in "CMZ":
            return "" if letter == "Z" else self._bytes(code[1:], match[0])
        return match[0]

    def _character(self, letter: str, original: str) -> str:
        marks = {
            "F": self.separator,
            "S": self.component,
            "R": self.repetition,
            "E": self.escape,
            "T": self.subcomponent,
            "P": self.truncation or "#",
            "H": "",
            "N": "",
        }
        return marks.get(letter, original)

    def _bytes(self, digits: str, original: str) -> str:
        try:
            raw = bytes.fromhex(digits)
        except ValueError:
            return original
        raw = raw.translate(None, _CONTROL)
        for codec in (self.codec, "utf-8", "gb18030"):
            try:
                return raw.decode(codec)
            except (UnicodeDecodeError, LookupError):
                continue
        return raw.decode("latin-1")


def read(line: str, codec: str = "utf-8") -> Encoding:
    """The encoding that an MSH, BHS or FHS line declares; missing characters get the standard's defaults.

    Senders use few of them: equal declarations give the same object, so what was read with it can be remembered.
    """
    separator = line[3:4] or "|"
    return _encoding(separator, line[4:].split(separator, 1)[0][:8], codec)


@lru_cache(maxsize=256)
def _encoding(separator: str, declared: str, codec: str) -> Encoding:
    if declared[2:4] == "\\\\":
        declared = declared[:3] + declared[4:]
    marks: list[str] = []
    defaulted = False
    for position, standard in enumerate(STANDARD):
        mark = declared[position : position + 1]
        if not mark or mark in marks or mark == separator or mark.isalnum():
            mark, defaulted = standard, True
        marks.append(mark)
    component, repetition, escape, subcomponent = marks
    return Encoding(separator, component, repetition, escape, subcomponent, declared[4:5], codec, defaulted)


@lru_cache(maxsize=64)
def _sequences(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(f"{mark}([^{mark}\r\n]{{1,4096}}){mark}")


def _formatting(command: str) -> str:
    """Formatting commands: line breaks and blanks keep their sense, the rest is layout."""
    name = command[:2]
    if name in ("br", "ce"):
        return "\n"
    if name in ("sp", "sk"):
        count = command[2:].lstrip("+ ")
        times = int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 1
        return ("\n" if name == "sp" else " ") * times
    return ""
