import socket
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from adapters.hl7v2.framing import Framer
from hie.operations.city.hl7v2_messages import Payload
from hie.operations.demo.doors import Tally, drop, send_mllp

MOMENT = datetime(2026, 11, 24)  # noqa: DTZ001


class Listener:
    """Takes frames and acknowledges each; breaks the first connection off after two messages."""

    def __init__(self) -> None:
        self.taken: list[tuple[int, bytes]] = []
        self.connections = 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self.server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(link, self.connections), daemon=True).start()

    def _serve(self, link: socket.socket, number: int) -> None:
        framer = Framer()
        answered = 0
        with link:
            while data := link.recv(65536):
                for frame in framer.feed(data):
                    if number == 1 and answered == 2:
                        return
                    self.taken.append((number, frame))
                    answered += 1
                    code = b"AE" if b"bad" in frame else b"CA"
                    link.sendall(b"\x0bMSH|^~\\&|\rMSA|" + code + b"|1\r\x1c\r")


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.server.close()


def payloads(*texts: str) -> list[Payload]:
    return [Payload(MOMENT, person, text.encode()) for person, text in enumerate(texts)]


def test_messages_about_one_person_keep_their_order_on_one_connection(listener: Listener) -> None:
    messages = [
        Payload(MOMENT, person % 5, f"MSH|{person % 5}|{person:03d}".encode()) for person in range(60)
    ]
    tally = Tally()
    send_mllp(listener.port, messages, tally)
    assert tally.accepted == 60
    for person in range(5):
        wanted = [message.content for message in messages if message.person == person]
        taken = [frame for _, frame in listener.taken if frame.startswith(f"MSH|{person}|".encode())]
        assert list(dict.fromkeys(taken)) == wanted


def test_what_a_broken_connection_left_unacknowledged_is_sent_again(listener: Listener) -> None:
    tally = Tally()
    send_mllp(listener.port, payloads("MSH|a", "MSH|b", "MSH|c", "MSH|d"), tally, connections=1)
    assert tally.accepted == 4
    assert {frame for _, frame in listener.taken} == {b"MSH|a", b"MSH|b", b"MSH|c", b"MSH|d"}
    assert listener.connections == 2


def test_refusals_are_counted_apart(listener: Listener) -> None:
    tally = Tally()
    listener.connections = 1
    send_mllp(listener.port, payloads("MSH|good", "MSH|bad"), tally, connections=1)
    assert (tally.accepted, tally.refused) == (1, 1)


def test_a_dropped_file_appears_whole_under_its_name(tmp_path: Path) -> None:
    drop(tmp_path / "box", [Payload(MOMENT, 0, b"content", "visits.csv")], Tally())
    assert [path.name for path in (tmp_path / "box").iterdir()] == ["visits.csv"]
