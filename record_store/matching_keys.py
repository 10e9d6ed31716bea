"""Blocking keys: what two patients must share before they are compared at all.

A key is a keyed 64-bit digest of a kind and a value, so the index of keys shows no name and no number to who reads
the table without the secret. Every kind is selective in a city of ten million; none needs all fields.
"""

from hashlib import blake2b

from record_store.matching_features import Features
from record_store.matching_names import Name, fuzzy
from record_store.matching_similarity import soundex


def blocking_keys(features: Features, *, secret: bytes = b"") -> list[int]:
    """The distinct keys of a patient, signed 64-bit, sorted; `secret` is at most 64 bytes."""
    texts = [*_numbers(features), *_shared(features)]
    return sorted({_digest(text, secret) for text in texts})


def exclusive_keys(features: Features, *, secret: bytes = b"") -> list[int]:
    """The keys that two workers may not place patients under at the same time: numbers, and name with birth date.

    Few for each patient, because a batch holds them all as locks and the server's table of locks is shared.
    """
    sounds = features.names[0].sounds if features.names else ()
    texts = [*_numbers(features), *_sounds(sounds, features.births[:1])]
    return sorted({_digest(text, secret) for text in texts})


def _numbers(features: Features) -> list[str]:
    texts = [f"citizen|{number}" for number in (*features.citizen_cores, *features.mistyped_ids)]
    texts += [f"card|{card}" for card in features.cards]
    return texts + [f"security|{number}" for number in features.social_security if len(number) > 4]


def _sounds(sounds: tuple[str, ...], births: tuple[str, ...]) -> list[str]:
    return [f"sound|{fuzzy(sound)}|{_folded(birth)}" for sound in sounds for birth in births]


def _shared(features: Features) -> list[str]:
    texts = [f"number|{number}" for number in features.numbers]
    texts += [f"phone|{phone}" for phone in features.phones]
    doors = [f"{address.place}|{address.door}" for address in features.addresses if address.door]
    texts += [f"house|{birth}|{door}" for birth in features.births for door in doors]
    for name in features.names:
        texts += _sounds(name.sounds, features.births)
        for sound in map(fuzzy, name.sounds):
            texts += [f"month|{sound}|{birth[:7]}" for birth in features.births if len(birth) >= 7]
            texts += [f"door|{sound}|{door}" for door in doors]
        if name.script == "latin":
            texts += _latin(name, features.births, doors)
    texts += [
        f"last-four|{n[-4:]}|{birth[:4]}" for n in features.social_security for birth in features.births
    ]
    return texts


def _latin(name: Name, births: tuple[str, ...], doors: list[str]) -> list[str]:
    """Parts by sound, each alone: family and given names are mistyped, missing and written in either order."""
    parts = sorted({soundex(part) for part in (name.family, name.given) if part})
    texts = [f"part|{part}|{birth}" for part in parts for birth in births]
    texts += [f"part-door|{part}|{door}" for part in parts for door in doors]
    return texts + [f"both|{''.join(parts)}|{birth[:4]}" for birth in births]


def _folded(birth: str) -> str:
    """A birth date in which month and day may have changed places."""
    year, *rest = birth.split("-")
    return "-".join([year, *sorted(rest)])


def _digest(text: str, secret: bytes) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8, key=secret).digest(), "big", signed=True)
