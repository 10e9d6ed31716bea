"""The citizen card: its PIN, its lock, its certificate, and signing in with it."""

import copy
from dataclasses import replace
from datetime import timedelta

import pytest

from consent import sign_in
from consent.actor import Actor
from consent.card_shares import PAUSE, Shares
from consent.card_trust import accept
from consent.citizen_card import TRIES, CardLocked, WrongPin
from consent.sign_in import SignIn
from consent.soft_card import SoftCard
from fhir_profiles.outcome import Failure, Forbidden, Invalid, Throttled
from record_store.database import cursor, unit_of_work
from tests.conftest import Database
from tests.consent.conftest import PIN, Wallet

ORIGIN = "https://hie.example"
BROWSER = "session-1"


def door(wallet: Wallet, origin: str = ORIGIN) -> SignIn:
    return SignIn(wallet.database.engine, (wallet.authority.certificate,), origin)


def opened(wallet: Wallet, resident: int = 7) -> SoftCard:
    card = wallet.card(resident)
    card.verify_pin(PIN)
    return card


def reason(failure: pytest.ExceptionInfo[Failure]) -> str:
    return failure.value.issues[0].reason


def test_the_right_pin_opens_the_card_and_signs_in(wallet: Wallet) -> None:
    desk = door(wallet)
    card = opened(wallet)
    holder = desk.verify(sign_in.answer(card, ORIGIN, desk.challenge(BROWSER)), BROWSER)
    assert (holder.serial, holder.resident) == (card.info().serial, 7)


def test_a_nonce_has_256_bits_and_none_comes_twice(wallet: Wallet) -> None:
    desk = door(wallet)
    nonces = {desk.challenge(BROWSER) for _ in range(10)}
    assert len(nonces) == 10
    assert all(len(nonce) == 43 for nonce in nonces)


def test_an_answer_counts_once(wallet: Wallet) -> None:
    desk = door(wallet)
    answer = sign_in.answer(opened(wallet), ORIGIN, desk.challenge(BROWSER))
    desk.verify(answer, BROWSER)
    with pytest.raises(Forbidden) as failure:
        desk.verify(answer, BROWSER)
    assert reason(failure) == "sign-in-expired"


def test_a_wrong_answer_spends_the_nonce_too(wallet: Wallet) -> None:
    desk = door(wallet)
    answer = sign_in.answer(opened(wallet), ORIGIN, desk.challenge(BROWSER))
    with pytest.raises(Forbidden):
        desk.verify(replace(answer, signature="AAAA"), BROWSER)
    with pytest.raises(Forbidden) as failure:
        desk.verify(answer, BROWSER)
    assert reason(failure) == "sign-in-expired"


def test_another_browser_cannot_use_the_answer(wallet: Wallet) -> None:
    desk = door(wallet)
    answer = sign_in.answer(opened(wallet), ORIGIN, desk.challenge(BROWSER))
    with pytest.raises(Forbidden) as failure:
        desk.verify(answer, "session-2")
    assert reason(failure) == "sign-in-expired"


def test_an_answer_made_for_another_origin_is_refused(wallet: Wallet) -> None:
    desk = door(wallet)
    answer = sign_in.answer(opened(wallet), "https://phish.example", desk.challenge(BROWSER))
    with pytest.raises(Forbidden) as failure:
        desk.verify(answer, BROWSER)
    assert reason(failure) == "card-signature"


def test_another_cards_certificate_does_not_fit_the_signature(wallet: Wallet) -> None:
    desk = door(wallet)
    answer = sign_in.answer(opened(wallet), ORIGIN, desk.challenge(BROWSER))
    other = sign_in.answer(opened(wallet, 8), ORIGIN, desk.challenge(BROWSER))
    with pytest.raises(Forbidden) as failure:
        desk.verify(replace(answer, certificate=other.certificate), BROWSER)
    assert reason(failure) == "card-signature"


def test_rubbish_is_invalid_not_a_fault(wallet: Wallet) -> None:
    desk = door(wallet)
    answer = sign_in.answer(opened(wallet), ORIGIN, desk.challenge(BROWSER))
    with pytest.raises(Invalid):
        desk.verify(replace(answer, certificate="%%%"), BROWSER)
    with pytest.raises(Forbidden) as failure:
        desk.verify(replace(answer, certificate="AAAA", nonce=desk.challenge(BROWSER)), BROWSER)
    assert reason(failure) == "card-certificate-unreadable"


def test_wrong_pins_count_down_and_lock(wallet: Wallet) -> None:
    card = wallet.card(7)
    left = []
    for _ in range(TRIES - 1):
        with pytest.raises(WrongPin) as failure:
            card.verify_pin("000000")
        left.append(failure.value.left)
    with pytest.raises(CardLocked):
        card.verify_pin("000000")
    assert left == [5, 4, 3, 2, 1]
    with pytest.raises(CardLocked):
        card.verify_pin(PIN)
    assert card.retries() == 0


def test_the_right_pin_gives_all_tries_back(wallet: Wallet) -> None:
    card = wallet.card(7)
    with pytest.raises(WrongPin):
        card.verify_pin("000000")
    card.verify_pin(PIN)
    assert card.retries() == TRIES


def test_the_puk_unblocks_and_wrong_puks_run_out(wallet: Wallet) -> None:
    card, puk = wallet.card_and_puk(7)
    shares = Shares(wallet.database.engine, pause=PAUSE * 0)
    for _ in range(TRIES):
        with pytest.raises(Forbidden):
            card.verify_pin("000000")
    with pytest.raises(Forbidden):
        shares.unblock(card.info().serial, "WRONG")
    shares.unblock(card.info().serial, puk)
    card.verify_pin(PIN)
    for _ in range(10):
        with pytest.raises(Forbidden):
            shares.unblock(card.info().serial, "WRONG")
    with pytest.raises(Forbidden) as failure:
        shares.unblock(card.info().serial, puk)
    assert reason(failure) == "card-not-active"


def test_a_copied_file_without_the_server_share_does_not_open(wallet: Wallet) -> None:
    class Guess:
        def attempt(self, serial: str, authenticator: bytes) -> bytes:
            return b"\0" * 32

        def retries(self, serial: str) -> int:
            return TRIES

    card = wallet.card(7)
    copied = SoftCard(copy.deepcopy(card._file), Guess())
    with pytest.raises(Invalid):
        copied.verify_pin(PIN)


def test_tries_faster_than_a_person_types_are_put_off(wallet: Wallet) -> None:
    card = wallet.card(7)
    hasty = SoftCard(card._file, Shares(wallet.database.engine))
    with pytest.raises(WrongPin):
        hasty.verify_pin("000000")
    with pytest.raises(Throttled):
        hasty.verify_pin(PIN)
    assert card.retries() == TRIES - 1


def test_a_revoked_card_is_refused_at_once_and_its_relations_end(wallet: Wallet, database: Database) -> None:
    desk = door(wallet)
    card = opened(wallet)
    answer = sign_in.answer(card, ORIGIN, desk.challenge(BROWSER))
    by = Actor(subject="desk", role="admin")
    with unit_of_work(database.engine) as connection:
        wallet.authority.revoke(cursor(connection), by, card.info().serial, wallet.now)
        assert not sign_in.in_force(cursor(connection), card.info().serial)
    with pytest.raises(Forbidden) as failure:
        desk.verify(answer, BROWSER)
    assert reason(failure) == "card-revoked"


@pytest.mark.parametrize(
    ("days", "expected"), [(8, "revocation-unknown"), (365 * 11, "card-expired"), (-1, "card-expired")]
)
def test_time_is_checked_on_card_and_revocation_list(wallet: Wallet, days: int, expected: str) -> None:
    card = wallet.card(7)
    issuers, then = (wallet.authority.certificate,), wallet.now + timedelta(days=days)
    with pytest.raises(Forbidden) as failure, unit_of_work(wallet.database.engine) as connection:
        accept(cursor(connection), issuers, card.certificates()[0], then)
    assert reason(failure) == expected


def test_a_certificate_of_another_authority_is_refused(wallet: Wallet, database: Database) -> None:
    card = wallet.card(7)
    with pytest.raises(Forbidden) as failure, unit_of_work(database.engine) as connection:
        accept(cursor(connection), (card.certificates()[0],), card.certificates()[0], wallet.now)
    assert reason(failure) == "card-issuer-unknown"
