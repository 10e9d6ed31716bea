import socket

import pytest

from hie.operations.demo.ports import PortTaken, require


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as refusal:
            require(port, "--port", "PORT")
    assert f"Port {port} is taken" in str(refusal.value)
    assert f"make demo PORT={port + 1000}" in str(refusal.value)
    assert f"hie demo --port {port + 1000}" in str(refusal.value)


def test_a_free_port_is_fine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as passing:
        port = passing.getsockname()[1]
    require(port, "--port", "PORT")
