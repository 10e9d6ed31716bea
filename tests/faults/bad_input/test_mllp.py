"""Bad messages over MLLP: each gets its acknowledgement, stays in the inbox, and costs no neighbour."""

import itertools
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from adapters.hl7v2.framing import frame
from tests.city import City
from tests.faults.conftest import Ledger, calm
from tests.hie.messages import adt, oru

_numbers = itertools.count(1)


def control() -> str:
    """A control id of its own."""
    return f"BAD{next(_numbers):05d}{time.time_ns() % 10**8:08d}"


def answers(city: City, data: bytes, count: int) -> list[dict[str, list[str]]]:
    """The acknowledgements to some bytes: segment name to its fields."""
    with socket.create_connection((city.told["mllp"]["host"], city.told["mllp"]["port"]), 20) as line:
        line.settimeout(20)
        line.sendall(data)
        received = b""
        while received.count(b"\x1c\r") < count:
            part = line.recv(65536)
            assert part, f"closed after {received!r}"
            received += part
    assert received.count(b"\x1c\r") == count
    parsed = []
    for answer in received.split(b"\x1c\r")[:count]:
        text = answer.decode("gb18030" if b"GB" in answer else "utf-8")
        calm(text)
        assert text.startswith("\x0bMSH")
        parsed.append({line[:3]: line.split(text[4]) for line in text[1:].split("\r") if line})
    return parsed


Change = Callable[[bytes], bytes]


def swap(old: str, new: bytes) -> Change:
    """Replace the first occurrence; it must be there."""

    def changed(message: bytes) -> bytes:
        assert old.encode() in message
        return message.replace(old.encode(), new, 1)

    return changed


def without(segment: bytes) -> Change:
    return lambda message: b"\r".join(line for line in message.split(b"\r") if not line.startswith(segment))


REFUSED_AT_THE_DOOR: dict[str, tuple[Change, str, str]] = {
    "an unknown message type": (swap("ADT^A04^ADT_A01", b"QQQ^Z01"), "200", "unknown-message-type"),
    "no message type": (swap("ADT^A04^ADT_A01", b""), "101", "no-message-type"),
    "a version of another standard": (swap("|2.5.1", b"|3.0"), "200", "version"),
    "undecodable bytes": (swap("王", b"\xff\xfe\xff"), "102", "charset"),
    "half of a surrogate pair": (swap("王", b"\xed\xa0\x80"), "102", "charset"),
}


@pytest.mark.parametrize("what", REFUSED_AT_THE_DOOR)
def test_a_message_that_cannot_be_taken_is_refused_kept_and_costs_no_neighbour(
    city: City, ledger: Ledger, what: str
) -> None:
    change, condition, reason = REFUSED_AT_THE_DOOR[what]
    bad, good = control(), control()
    refusal, accepted = answers(city, frame(change(adt(1, bad))) + frame(adt(2, good)), 2)
    assert refusal["MSA"][1:3] == ["AE", bad]
    assert condition in "|".join(refusal["ERR"])
    assert accepted["MSA"][1:3] == ["AA", good]
    assert ledger.settled("control_id = %s", bad) == ("refused", {reason})
    assert ledger.settled("control_id = %s", good)[0] == "done"


@pytest.mark.parametrize(
    "message", [b"", b"\r\r", b"hello", b"MSH", b"MSH|", bytes(range(1, 11)) * 20, b"<a/>"]
)
def test_what_is_no_message_is_answered_and_costs_no_neighbour(
    city: City, ledger: Ledger, message: bytes
) -> None:
    good = control()
    refusal, accepted = answers(city, frame(message) + frame(adt(3, good)), 2)
    assert refusal["MSA"][1] in ("AE", "AR")
    assert accepted["MSA"][1:3] == ["AA", good]
    assert ledger.settled("control_id = %s", good)[0] == "done"


DOUBTFUL: dict[str, tuple[Change, str, str]] = {
    "an impossible date of birth": (swap("|19800101|", b"|19801399|"), "done", "impossible-date"),
    "a date of birth that is a word": (swap("|19800101|", b"|unknown|"), "done", "wrong-type"),
    "an unknown sex": (swap("|M|", b"|Q|"), "done", ""),
    "an unknown event": (swap("ADT^A04^ADT_A01", b"ADT^Z99"), "done", ""),
    "no PID": (without(b"PID"), "refused", "no-patient"),
    "an empty PID": (lambda message: without(b"PID")(message) + b"PID\r", "refused", "no-patient"),
    "an end byte amid its segments": (swap("PV1", b"\x1cPV1"), "done", ""),
    "a NUL in the name": (swap("王", b"a\x00b"), "done", ""),
    "escapes of nothing": (swap("王", b"\\X\\\\XZZ\\\\F\\\\Zfoo\\\\E"), "done", ""),
    "a megabyte of name": (swap("王", b"x" * 1_000_000), "done", ""),
    "an identifier of nine thousand characters": (swap("PID|1||P", b"PID|1||" + b"7f" * 4500), "done", ""),
    "ten thousand stray segments": (lambda message: message + b"OBX|1|ST|a||b\r" * 10_000, "done", ""),
}


@pytest.mark.parametrize("what", DOUBTFUL)
def test_a_doubtful_message_is_stored_or_refused_with_its_reason_and_never_lost(
    city: City, ledger: Ledger, what: str
) -> None:
    change, wanted, reason = DOUBTFUL[what]
    doubtful, good = control(), control()
    first, second = answers(city, frame(change(adt(4, doubtful))) + frame(adt(5, good)), 2)
    assert (first["MSA"][1:3], second["MSA"][1:3]) == (["AA", doubtful], ["AA", good])
    state, told = ledger.settled("control_id = %s", doubtful)
    assert state == wanted
    assert reason in told | {""}
    assert ledger.settled("control_id = %s", good)[0] == "done"


@pytest.mark.parametrize(
    "value", ["abc", "1e999999", "9" * 400, "1e99999999999999999999", "-", "0x10", "NaN"]
)
def test_a_result_that_is_no_number_keeps_its_text(city: City, ledger: Ledger, value: str) -> None:
    sent = control()
    answers(city, frame(oru(6, sent, value)), 1)
    assert ledger.settled("control_id = %s", sent)[0] == "done"


def test_an_oversized_message_is_refused_with_its_control_id_and_its_neighbour_taken(
    city: City, ledger: Ledger
) -> None:
    large, good = control(), control()
    refusal, accepted = answers(city, frame(adt(7, large) + b"x" * 17_000_000) + frame(adt(8, good)), 2)
    assert refusal["MSA"][1:3] == ["AE", large]
    assert accepted["MSA"][1:3] == ["AA", good]
    assert ledger.settled("control_id = %s", large) == ("refused", {"too-long"})


FRAMES: dict[str, Callable[[bytes, bytes], bytes]] = {
    "cut into pieces by noise between frames": lambda one, two: (
        b"\x00\xff\r\n" + frame(one) + b"\n" + frame(two)
    ),
    "glued without their last CR": lambda one, two: b"\x0b" + one + b"\x1c\x0b" + two + b"\x1c\r",
    "with two start blocks": lambda one, two: b"\x0b\x0b" + one + b"\x1c\r" + frame(two),
    "with segments that end in LF": lambda one, two: frame(one.replace(b"\r", b"\n")) + frame(two),
    "with segments that end in CR LF": lambda one, two: frame(one.replace(b"\r", b"\r\n")) + frame(two),
}


@pytest.mark.parametrize("how", FRAMES)
def test_frames_of_careless_senders_are_both_taken(city: City, ledger: Ledger, how: str) -> None:
    one, two = control(), control()
    taken = answers(city, FRAMES[how](adt(9, one), adt(10, two)), 2)
    assert [answer["MSA"][1:3] for answer in taken] == [["AA", one], ["AA", two]]
    assert ledger.settled("control_id = %s", one)[0] == "done"


def test_a_message_without_a_start_block_is_no_message_and_the_next_one_is_taken(city: City) -> None:
    lost, good = control(), control()
    (accepted,) = answers(city, adt(11, lost) + b"\x1c\r" + frame(adt(12, good)), 1)
    assert accepted["MSA"][1:3] == ["AA", good]


def test_a_truncated_frame_is_not_acknowledged_and_not_kept(city: City, ledger: Ledger) -> None:
    cut, good = control(), control()
    with socket.create_connection((city.told["mllp"]["host"], city.told["mllp"]["port"]), 20) as line:
        line.settimeout(20)
        line.sendall(frame(adt(13, cut))[:60])
        line.shutdown(socket.SHUT_WR)
        assert line.recv(4096) == b""
    accepted: Any = answers(city, frame(adt(14, good)), 1)[0]
    assert accepted["MSA"][1:3] == ["AA", good]
    assert ledger.rows("select count(*) from inbox where control_id = %s", cut) == [(0,)]
