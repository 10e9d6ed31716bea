"""Paging tokens: a query and a position in its results, unreadable outside, good for one caller only.

A link to the next page must not carry the search itself, which may name a resident, so the token holds both,
encrypted (AES-256-GCM) and bound to its caller. The position in turn carries the `Visibility.epoch` of the page
before; `search` and its kin refuse it under another epoch, so a withdrawn consent works on page two.
"""

import base64
import json
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fhir_profiles.outcome import Gone, Invalid

NONCE = 12
KEY = 32


@dataclass(frozen=True, slots=True)
class Continuation:
    """What a token says: the interaction (`search`, `history`, `everything`), the type or `""`, the parameters
    of the first request, and the position (`Found.next`; None: from the start)."""

    interaction: str
    type: str
    pairs: tuple[tuple[str, str], ...]
    position: str | None


def seal(key: bytes, caller: str, continuation: Continuation) -> str:
    """A URL-safe token; `key` is 32 secret bytes of this deployment, `caller` names whom it is good for."""
    content = json.dumps(
        [continuation.interaction, continuation.type, continuation.pairs, continuation.position],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    nonce = os.urandom(NONCE)
    sealed = AESGCM(key).encrypt(nonce, content.encode(), caller.encode())
    return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


def unseal(key: bytes, caller: str, token: str) -> Continuation:
    """Read a token back. Invalid when it is not ours, was changed, or was given to another caller."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        content = AESGCM(key).decrypt(raw[:NONCE], raw[NONCE:], caller.encode())
    except (ValueError, InvalidTag) as error:
        raise Invalid(
            "This page link is not valid for you; repeat the search", reason="page-refused"
        ) from error
    interaction, type_, pairs, position = json.loads(content)
    return Continuation(interaction, type_, tuple((name, value) for name, value in pairs), position)


def position(epoch: str, keys: list[str | float | int | None]) -> str:
    """The place after a page: the sort keys of its last row, under the epoch that it was made in."""
    return json.dumps([epoch, *keys], ensure_ascii=False, separators=(",", ":"))


def resume(epoch: str, after: str) -> list[str | float | int | None]:
    """The sort keys of a position. Gone when consent has changed since it was made."""
    keys: list[str | float | int | None]
    made_in, *keys = json.loads(after)
    if made_in != epoch:
        raise Gone("What you may see has changed since this search began; repeat it", reason="page-expired")
    return keys
