"""The citizen card as the exchange meets it: a port, whatever holds the key (a soft card file, a reader, a module).

The operations follow the card reader interface of LD/T 6001.5-2023 (read the card, verify the PIN, sign data, count
of tries) in our words.
"""

from dataclasses import dataclass
from typing import Protocol

from fhir_profiles.outcome import Forbidden

TRIES = 6
"""Wrong PINs until the card locks."""


@dataclass(frozen=True, slots=True)
class CardInfo:
    """What a card tells without its PIN."""

    serial: str
    suite: str


class WrongPin(Forbidden):
    """The PIN was wrong; `left` tries remain."""

    def __init__(self, left: int) -> None:
        self.left = left
        super().__init__(f"The PIN is wrong; {left} tries left", reason="card-pin-wrong")


class CardLocked(Forbidden):
    """Too many wrong PINs: the unblocking code (PUK) opens the card again."""

    def __init__(self) -> None:
        super().__init__("The card is locked; unblock it with its PUK", reason="card-locked")


class CardToken(Protocol):
    """A card in a reader. `sign` needs a verified PIN; WrongPin and CardLocked say why not."""

    def info(self) -> CardInfo: ...

    def certificates(self) -> list[bytes]:
        """The personal certificate and its issuers, DER, leaf first."""
        ...

    def verify_pin(self, pin: str) -> None: ...

    def sign(self, data: bytes) -> bytes:
        """The suite's signature over the data."""
        ...

    def retries(self) -> int: ...
