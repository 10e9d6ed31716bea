"""The pipeline runs the same with Redis and with RabbitMQ, and a lost broker loses nothing."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.hl7v2.header import peek
from hie.settings import Settings
from hie.wiring import Exchange
from record_store.inbox import Arrival
from tests import brokers
from tests.hie.conftest import Small
from tests.hie.messages import adt, oru

HIE = Path(sys.executable).with_name("hie")


@pytest.mark.parametrize("kind", ["redis", "rabbitmq"])
def test_messages_become_a_record_through_a_broker(small: Small, kind: str, tmp_path: Path) -> None:
    with getattr(brokers, kind)(tmp_path) as url:
        settings = small.exchange.settings.model_copy(update={"broker_url": SecretStr(url)})
        exchange = Exchange(settings)
        worker = _worker(settings, url)
        try:
            messages = [adt(n) for n in range(1, 31)] + [oru(n, f"R{n}") for n in range(1, 31)]
            for message in messages:
                header = peek(message)
                arrival = Arrival(small.source, "mllp", header.control_id, message, header.patient_key)
                exchange.intake.receive(arrival).result(20)
            _wait(small, len(messages))
        finally:
            exchange.close()
            worker.terminate()
            worker.wait(30)
    assert small.count("Observation") == 30


def test_an_unreachable_broker_does_not_keep_messages_out(small: Small) -> None:
    settings = small.exchange.settings.model_copy(update={"broker_url": SecretStr("redis://127.0.0.1:1/0")})
    exchange = Exchange(settings)
    header = peek(adt(1))
    arrival = Arrival(small.source, "mllp", header.control_id, adt(1), header.patient_key)
    assert exchange.intake.receive(arrival).result(20).state == "waiting"
    exchange.close()
    assert small.work() == 1


def _worker(settings: Settings, url: str) -> "subprocess.Popen[bytes]":
    assert settings.database_url
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(settings.data_dir),
        "HIE_DATA_DIR": str(settings.data_dir),
        "HIE_DATABASE_URL": settings.database_url.get_secret_value(),
        "HIE_BROKER_URL": url,
        "HIE_THREADS": "4",
        "C_FORCE_ROOT": "1",
    }
    with (settings.data_dir / "worker.log").open("wb") as log:
        return subprocess.Popen([HIE, "work"], env=environment, stdout=log, stderr=log)


def _wait(small: Small, messages: int, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if small.rows("select count(*) from inbox where state = 'done'") == [(messages,)]:
            return
        time.sleep(0.2)
    raise AssertionError(small.rows("select state, count(*) from inbox group by 1"))
