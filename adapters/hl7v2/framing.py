"""Minimal lower layer protocol (HL7v2 transport, MLLP release 1): frames cut out of a byte stream.

A frame is `0x0B message 0x1C 0x0D`. Neither UTF-8 nor GB18030 uses these bytes inside a character, so the
cut is made before any decoding. Senders in the field add noise, forget the last CR, or glue frames
together; an open frame in which a new message starts was broken off and never acknowledged, so its sender
will repeat it.
"""

START = 0x0B
END = 0x1C
_HEAD = 4096
_AFTER = b"\r\n\x0b\x1c\x00"
"""What may follow the end of a frame. An end byte before anything else is content: a frame cut there would be
acknowledged for half of its message."""
_REST = b"(the rest of a frame that was too large)"


class Oversized(bytes):
    """The first 4096 bytes of a frame that was larger than allowed: enough to refuse it by its control id."""


class Framer:
    """Cuts frames incrementally. `discarded` counts bytes that belonged to no frame."""

    def __init__(self, limit: int = 32 * 1024 * 1024) -> None:
        self.limit = limit
        self.discarded = 0
        self._pending = bytearray()
        self._scanned = 0
        self._skipping = False

    @property
    def pending(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._pending)

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes, without their framing bytes. An `Oversized` stands for one too
        large.
        """
        self._pending += data
        frames: list[bytes] = []
        while (frame := self._cut()) is not None:
            if frame is not _REST:
                frames.append(frame)
        return frames

    def _cut(self) -> bytes | None:
        pending = self._pending
        if not self._open():
            return None
        end = pending.find(END, self._scanned)
        while 0 <= end < len(pending) - 1 and pending[end + 1] not in _AFTER:
            end = pending.find(END, end + 1)
        if end < 0:
            self._scanned = len(pending)
            return self._overflow()
        again = pending.rfind(b"\x0bMSH", 1, end)
        start = again + 1 if again > 0 else 1
        self.discarded += start - 1
        frame = bytes(pending[start:end])
        after = end + 1
        del pending[:after]
        self._scanned = 0
        if self._skipping:
            self._skipping = False
            return _REST
        return frame if len(frame) <= self.limit else Oversized(frame[:_HEAD])

    def _open(self) -> bool:
        """Whether a frame is open at the head of the buffer; drops what stands before one."""
        pending = self._pending
        if self._skipping and pending:
            return True
        start = pending.find(START)
        drop = start if start >= 0 else len(pending)
        self.discarded += sum(byte not in b"\r\n" for byte in pending[:drop]) if drop < 64 else drop
        if drop:
            del pending[:drop]
            self._scanned = 0
        return start >= 0

    def _overflow(self) -> bytes | None:
        if len(self._pending) <= self.limit + 1:
            return None
        if self._skipping:
            self.discarded += len(self._pending)
            self._pending.clear()
            self._scanned = 0
            return None
        head = Oversized(self._pending[1 : _HEAD + 1])
        self.discarded += len(self._pending)
        self._pending.clear()
        self._scanned = 0
        self._skipping = True
        return head


def frame(message: bytes) -> bytes:
    """One message in its frame."""
    return b"\x0b" + message + b"\x1c\r"
