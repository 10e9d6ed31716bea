"""Cards that do not open: wrong PINs lock, and an answer is good once, for one browser, from a card of ours."""

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from consent import sign_in
from consent.citizen_card import CardLocked, WrongPin
from consent.sign_in import Answer
from consent.soft_card import SoftCard
from fhir_profiles import instant
from fhir_profiles.outcome import Forbidden
from tests.city import City
from tests.faults.conftest import calm

JSON = {"content-type": "application/json"}


@dataclass
class Browser:
    """A visitor's browser: its cookies, and the counting server as its page reaches it."""

    http: httpx.Client

    def attempt(self, serial: str, authenticator: bytes) -> bytes:
        content = {"serial": serial, "authenticator": base64.b64encode(authenticator).decode()}
        for _ in range(20):
            answer = self.http.post("/auth/card/attempt", json=content)
            calm(answer.text, answer.status_code)
            told = answer.json()
            if told.get("reason") != "card-too-fast":
                break
            time.sleep(0.2)
        if answer.status_code == 200:
            return base64.b64decode(told["share"])
        if "left" in told:
            raise WrongPin(told["left"])
        raise (
            CardLocked if told["reason"] == "card-locked" else Forbidden(told["text"], reason=told["reason"])
        )

    def retries(self, serial: str) -> int:
        raise NotImplementedError(serial)

    def answer(self, card: SoftCard) -> Answer:
        """A good answer to a fresh challenge."""
        nonce = self.http.post("/auth/card/challenge").json()["nonce"]
        return sign_in.answer(card, str(self.http.base_url).rstrip("/"), nonce)

    def sign_in(self, answer: Answer) -> httpx.Response:
        content = {"certificate": answer.certificate, "nonce": answer.nonce, "signature": answer.signature}
        told = self.http.post("/auth/card/sign-in", json=content)
        calm(told.text, told.status_code)
        return told


@pytest.fixture
def browser(city: City) -> Iterator[Browser]:
    with httpx.Client(base_url=city.base, timeout=30) as client:
        yield Browser(client)


def card_of(city: City, browser: Browser, name: str) -> tuple[SoftCard, str]:
    told = city.card(name)
    return SoftCard(json.loads(Path(told["file"]).read_text()), browser), told["pin"]


@pytest.fixture(scope="module")
def opened(city: City) -> SoftCard:
    """A card whose PIN was verified."""
    with httpx.Client(base_url=city.base, timeout=30) as client:
        card, pin = card_of(city, Browser(client), "mother")
        card.verify_pin(pin)
    return card


def reason(answer: httpx.Response) -> str:
    assert 400 <= answer.status_code < 500, answer.text
    return str(answer.json()["reason"])


def test_a_good_answer_opens_a_session(browser: Browser, opened: SoftCard) -> None:
    assert browser.sign_in(browser.answer(opened)).json()["next"] == "/portal"
    assert browser.http.get("/portal", headers={"accept": "text/html"}).status_code == 200


def test_six_wrong_pins_lock_the_card_and_the_right_one_opens_it_no_more(
    city: City, browser: Browser
) -> None:
    card, pin = card_of(city, browser, "doubled")
    left = []
    for _ in range(5):
        with pytest.raises(WrongPin) as wrong:
            card.verify_pin("000000")
        left.append(wrong.value.left)
    with pytest.raises(CardLocked):
        card.verify_pin("000000")
    with pytest.raises(CardLocked):
        card.verify_pin(pin)
    assert left == [5, 4, 3, 2, 1]


def test_an_answer_counts_once(browser: Browser, opened: SoftCard) -> None:
    answer = browser.answer(opened)
    assert browser.sign_in(answer).status_code == 200
    assert reason(browser.sign_in(answer)) == "sign-in-expired"


def test_a_nonce_of_nobody_is_refused(browser: Browser, opened: SoftCard) -> None:
    browser.answer(opened)
    invented = sign_in.answer(opened, str(browser.http.base_url).rstrip("/"), "A" * 43)
    assert reason(browser.sign_in(invented)) == "sign-in-expired"


def test_a_nonce_of_another_browser_is_refused(city: City, browser: Browser, opened: SoftCard) -> None:
    stolen = browser.answer(opened)
    with httpx.Client(base_url=city.base, timeout=30) as client:
        other = Browser(client)
        other.answer(opened)
        assert reason(other.sign_in(stolen)) == "sign-in-expired"


def test_a_signature_for_another_address_is_refused(browser: Browser, opened: SoftCard) -> None:
    nonce = browser.answer(opened).nonce
    elsewhere = sign_in.answer(opened, "http://elsewhere.example", nonce)
    assert reason(browser.sign_in(elsewhere)) == "card-signature"


def test_a_certificate_of_another_authority_is_refused(browser: Browser, opened: SoftCard) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    ours = x509.load_der_x509_certificate(opened.certificates()[0])
    now = instant.now()
    forged = (
        x509.CertificateBuilder()
        .subject_name(ours.subject)
        .issuer_name(ours.issuer)
        .public_key(key.public_key())
        .serial_number(ours.serial_number)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )
    answer = replace(browser.answer(opened), certificate=base64.b64encode(forged).decode())
    assert reason(browser.sign_in(answer)) == "card-issuer-unknown"


@pytest.mark.parametrize("certificate", ["AAAA", "%%%", "", "é", "A" * 9000])
def test_what_is_no_certificate_is_refused(browser: Browser, opened: SoftCard, certificate: str) -> None:
    assert reason(browser.sign_in(replace(browser.answer(opened), certificate=certificate)))


CONTENTS: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"x",
    "a list": b"[]",
    "null": b"null",
    "an empty object": b"{}",
    "numbers": b'{"serial":1,"authenticator":2,"certificate":3,"nonce":4,"signature":5}',
    "a NUL": b'{"serial":"\\u0000","authenticator":"AAAA"}',
    "half of a surrogate pair": b'{"serial":"\\ud800","authenticator":"AAAA"}',
    "a serial of nobody": b'{"serial":"nobody","authenticator":"AAAA"}',
    "ten thousand levels": b"[" * 10_000 + b"]" * 10_000,
    "bytes of no text": b'{"serial":"\xff"}',
}


@pytest.mark.parametrize("what", CONTENTS)
@pytest.mark.parametrize("step", ["attempt", "sign-in"])
def test_what_no_card_would_say_is_refused_in_the_scripts_own_form(
    browser: Browser, step: str, what: str
) -> None:
    answer: Any = browser.http.post(f"/auth/card/{step}", content=CONTENTS[what], headers=JSON)
    calm(answer.text, answer.status_code)
    assert 400 <= answer.status_code < 500
    assert set(answer.json()) == {"reason", "text"}
