"""MLLP frames: cut from any stream in any pieces, tolerant of what senders do, bounded in size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2.framing import Framer, Oversized, frame

STREAMS = {
    "one frame": (b"\x0bMSH|a\x1c\r", [b"MSH|a"]),
    "several": (frame(b"MSH|a") + frame(b"MSH|b"), [b"MSH|a", b"MSH|b"]),
    "without the last CR": (b"\x0bMSH|a\x1c\x0bMSH|b\x1c", [b"MSH|a", b"MSH|b"]),
    "noise before the start": (b"\r\n  noise\x0bMSH|a\x1c\r", [b"MSH|a"]),
    "line breaks between frames": (b"\x0bMSH|a\x1c\r\r\n\n\x0bMSH|b\x1c\r", [b"MSH|a", b"MSH|b"]),
    "a frame broken off by the next": (b"\x0bMSH|lost\x0bMSH|a\x1c\r", [b"MSH|a"]),
    "an empty frame": (b"\x0b\x1c\r\x0bMSH|a\x1c\r", [b"", b"MSH|a"]),
    "an open frame": (b"\x0bMSH|a", []),
    "gb18030 inside": (
        b"\x0b" + "MSH|珅玘𬭎".encode("gb18030") + b"\x1c\r",
        ["MSH|珅玘𬭎".encode("gb18030")],
    ),
}


@pytest.mark.parametrize(("stream", "frames"), STREAMS.values(), ids=STREAMS)
def test_frames_are_cut_from_a_stream(stream: bytes, frames: list[bytes]) -> None:
    assert Framer().feed(stream) == frames


@given(st.sampled_from(sorted(STREAMS)), st.lists(st.integers(1, 9), max_size=40))
def test_the_pieces_in_which_a_stream_arrives_do_not_matter(name: str, sizes: list[int]) -> None:
    stream, frames = STREAMS[name]
    framer, cut, at = Framer(), [], 0
    for size in sizes:
        cut += framer.feed(stream[at : at + size])
        at += size
    assert cut + framer.feed(stream[at:]) == frames


def test_a_frame_over_the_limit_stands_as_its_head_and_the_next_one_is_whole() -> None:
    framer = Framer(limit=100)
    frames = framer.feed(frame(b"MSH|" + b"x" * 200) + frame(b"MSH|b"))
    assert [type(cut) for cut in frames] == [Oversized, bytes]
    assert frames[1] == b"MSH|b"


def test_an_endless_frame_is_given_up_at_the_limit_and_keeps_no_memory() -> None:
    framer = Framer(limit=1000)
    cut = [one for _ in range(50) for one in framer.feed((b"\x0bMSH|" if not _ else b"") + b"y" * 500)]
    assert len(cut) == 1
    assert isinstance(cut[0], Oversized)
    assert cut[0].startswith(b"MSH|")
    assert framer.feed(b"rest\x1c\r" + frame(b"MSH|b")) == [b"MSH|b"]
    assert framer.discarded > 20_000


def test_an_end_byte_amid_a_message_is_content_and_cuts_nothing_off() -> None:
    assert Framer().feed(b"\x0bMSH|a\x1cPID|b\r\x1c\r\x0bMSH|c\x1c\r") == [b"MSH|a\x1cPID|b\r", b"MSH|c"]
