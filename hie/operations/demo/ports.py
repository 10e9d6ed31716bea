"""Whether a port is free, and what to say when it is not."""

import socket


class PortTaken(RuntimeError):
    """Somebody else listens there; the text says how to go on."""


def require(port: int, option: str, variable: str) -> None:
    """Raises PortTaken when nothing can listen on this port of the loopback address.

    `option` and `variable` are how the caller's user would choose another: `--port`, `PORT`.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(
                f"Port {port} is taken ({error.strerror}). Stop the program that listens there, or choose another port: "
                f"`make demo {variable}={port + 1000}` or `hie demo {option} {port + 1000}`."
            ) from error
