"""The MLLP door: nothing is acknowledged before it is durable, and every refusal says why."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvloop

from adapters.hl7v2.framing import frame
from hie import mllp
from tests.hie.conftest import Small
from tests.hie.messages import adt


@contextmanager
def listening(small: Small, limit: int = 1024 * 1024) -> Iterator[int]:
    """The listener in a thread, on a free port."""
    ready = threading.Event()
    place: dict[str, int] = {}
    stop = asyncio.Event()
    loop = uvloop.new_event_loop()

    async def run() -> None:
        listener = mllp.Listener(small.exchange.intake, small.exchange.directory, limit)
        server = await mllp.serve(listener, "127.0.0.1", 0)
        place["port"] = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()
        for connection in list(listener.connections):
            if connection.transport:
                connection.transport.abort()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield place["port"]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def exchange(port: int, data: bytes, answers: int = 1) -> list[list[str]]:
    """Send bytes, read acknowledgements: each as its segments."""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.settimeout(10)
        line.sendall(data)
        received = b""
        while received.count(b"\x1c\r") < answers:
            part = line.recv(65536)
            assert part, f"closed after {received!r}"
            received += part
    return [
        part.lstrip(b"\x0b").decode("gb18030" if b"GB" in part else "utf-8").rstrip("\r").split("\r")
        for part in received.split(b"\x1c\r")[:answers]
    ]


def field(segments: list[str], name: str, position: int) -> str:
    line = next((each for each in segments if each.startswith(name)), "")
    pieces = line.split("|")
    return pieces[position] if len(pieces) > position else ""


def test_an_acknowledged_message_is_in_the_inbox(small: Small) -> None:
    with listening(small) as port:
        (answer,) = exchange(port, frame(adt(1)))
    assert (field(answer, "MSA", 1), field(answer, "MSA", 2)) == ("AA", "C000001")
    assert small.rows("select control_id, state from inbox") == [("C000001", "waiting")]


def test_the_same_message_again_gets_the_same_answer_and_one_row(small: Small) -> None:
    with listening(small) as port:
        answers = exchange(port, frame(adt(1)) * 3, 3)
    assert [field(answer, "MSA", 1) for answer in answers] == ["AA"] * 3
    assert small.rows("select count(*) from inbox") == [(1,)]


def test_answers_come_in_the_order_of_the_messages(small: Small) -> None:
    with listening(small) as port:
        answers = exchange(port, b"".join(frame(adt(n)) for n in range(1, 41)), 40)
    assert [field(answer, "MSA", 2) for answer in answers] == [f"C{n:06d}" for n in range(1, 41)]


def test_frames_may_be_cut_anywhere_and_noise_between_them_is_ignored(small: Small) -> None:
    data = b"\r\n" + frame(adt(1)) + b"\n\n" + frame(adt(2))
    with listening(small) as port, socket.create_connection(("127.0.0.1", port), 10) as line:
        line.settimeout(10)
        for start in range(0, len(data), 7):
            line.sendall(data[start : start + 7])
        received = b""
        while received.count(b"\x1c\r") < 2:
            received += line.recv(65536)
    assert received.count(b"MSA|AA|") == 2


REFUSALS = [
    ("unknown type", adt(1).replace(b"ADT^A04^ADT_A01", b"QQQ^Q99"), "200"),
    ("no type", adt(1).replace(b"ADT^A04^ADT_A01", b""), "101"),
    ("no control id", adt(1).replace(b"C000001", b""), "101"),
    ("version 3", adt(1).replace(b"|2.5.1", b"|3.0"), "200"),
    ("undecodable", adt(1).replace("王".encode(), b"\xff\xfe\xff"), "102"),
]


@pytest.mark.parametrize(("what", "message", "condition"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_what_cannot_be_taken_is_refused_with_its_reason_and_kept(
    small: Small, what: str, message: bytes, condition: str
) -> None:
    with listening(small) as port:
        (answer,) = exchange(port, frame(message))
    assert field(answer, "MSA", 1) == "AE"
    assert any(line.startswith("ERR") and condition in line for line in answer)
    assert small.rows("select state from inbox") == [("refused",)]
    assert "王" not in "".join(answer)


def test_bytes_that_are_no_message_are_refused(small: Small) -> None:
    with listening(small) as port:
        (answer,) = exchange(port, frame(b"hello"))
    assert field(answer, "MSA", 1) == "AR"


def test_an_unknown_sender_is_refused_and_nothing_is_kept(small: Small) -> None:
    with listening(small) as port:
        (answer,) = exchange(port, frame(adt(1).replace(b"HOSPITAL-T", b"STRANGER")))
    assert field(answer, "MSA", 1) == "AR"
    assert small.rows("select count(*) from inbox") == [(0,)]


def test_an_oversized_message_is_refused_and_its_neighbour_taken(small: Small) -> None:
    large = adt(1) + b"NTE|1||" + b"x" * 200_000 + b"\r"
    with listening(small, limit=100_000) as port:
        answers = exchange(port, frame(large) + frame(adt(2)), 2)
    assert [field(answer, "MSA", 1) for answer in answers] == ["AE", "AA"]


def test_enhanced_mode_gets_commit_acknowledgements(small: Small) -> None:
    with listening(small) as port:
        (answer,) = exchange(port, frame(adt(1).replace(b"|P|2.5.1\r", b"|P|2.5.1|||AL|NE\r")))
    assert field(answer, "MSA", 1) == "CA"


def test_without_a_database_nothing_is_acknowledged(small: Small) -> None:
    with listening(small) as port:
        exchange(port, frame(adt(1)))
        small.exchange.intake._store = _broken  # type: ignore[method-assign]
        (answer,) = exchange(port, frame(adt(2)))
    assert field(answer, "MSA", 1) == "AE"
    assert small.rows("select count(*) from inbox") == [(1,)]


def _broken(arrivals: object) -> list[object]:
    raise OSError("no disk")
