"""Waits until processes of ours answer."""

import time
from pathlib import Path
from typing import Final

import httpx

from hie.operations.demo import ports

READY_WITHIN: Final = 90.0


class NotReady(RuntimeError):
    """A process of ours does not answer; the text names its log."""


def until_live(base_url: str, log: Path, mllp_port: int | None = None) -> None:
    """Until the API answers, and the MLLP port is open where one is named. Raises NotReady."""
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end:
        if _answers(base_url) and (mllp_port is None or _listens(mllp_port)):
            return
        time.sleep(0.1)
    raise NotReady(f"The API did not start; {log} tells why")


def _answers(base_url: str) -> bool:
    try:
        return httpx.get(f"{base_url}/health/live", timeout=2).is_success
    except httpx.TransportError:
        return False


def _listens(port: int) -> bool:
    try:
        ports.require(port, "", "")
    except ports.PortTaken:
        return True
    return False
