from datetime import timedelta

from hie.operations.city import cast
from hie.operations.city.city import City


def visits(city: City, role: str) -> list:  # type: ignore[type-arg]
    number = city.expectations.cast[role].number
    return [visit for visit in city.history.visits if visit.person == number]


def test_the_walker_has_fresh_results_at_a_and_an_open_stay_at_b(city: City) -> None:
    fresh = [
        v
        for v in visits(city, cast.WALKER)
        if v.institution == "hospital-a" and city.today - v.start.date() < timedelta(4)
    ]
    assert fresh
    assert all(visit.reports for visit in fresh)
    open_stays = [visit for visit in visits(city, cast.WALKER) if visit.end is None]
    assert [stay.institution for stay in open_stays] == ["hospital-b"]


def test_nobody_else_has_an_open_encounter(city: City) -> None:
    assert [visit.person for visit in city.history.visits if visit.end is None] == [
        city.expectations.cast[cast.WALKER].number
    ]


def test_the_walker_has_a_notifiable_case_and_a_visit_to_hide(city: City) -> None:
    number = city.expectations.cast[cast.WALKER].number
    assert any(case.person == number for case in city.history.cases)
    assert any(visit.department == "psychiatry" for visit in visits(city, cast.WALKER))


def test_the_newborn_is_unnamed_at_the_maternity_hospital_and_has_no_number_anywhere(city: City) -> None:
    known = [
        found
        for found in city.expectations.registrations
        if found.person == city.expectations.cast[cast.NEWBORN].number
    ]
    assert {"maternity", "hospital-c"} <= {found.institution for found in known}
    assert not any(found.citizen_id or found.card for found in known)
    assert [found.name for found in known if found.institution == "maternity"] == ["李晓梅之女"]


def test_the_doubled_resident_is_merged_at_hospital_a(city: City) -> None:
    own = city.expectations.patients_of(cast.DOUBLED)["hospital-a"]
    assert ("hospital-a", own) in [
        (institution, survivor) for institution, survivor, _ in city.expectations.merged
    ]


def test_nothing_happens_after_the_citys_day(city: City) -> None:
    assert max(payload.moment for feed in city.feeds for payload in feed.payloads).date() <= city.today


def test_nobody_is_treated_before_birth(city: City) -> None:
    births = {person.number: person.birth for person in city.people}
    assert all(visit.start.date() >= births[visit.person] for visit in city.history.visits)
    assert all(shot.moment.date() >= births[shot.person] for shot in city.history.shots)
