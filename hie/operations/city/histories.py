"""Five years of the whole city."""

from collections.abc import Mapping
from datetime import date

from hie.operations.city import chronic, everyday, maternity, notifiable, story, vaccination
from hie.operations.city.chart import Chart
from hie.operations.city.events import Case, FollowUp, History, Shot, Visit
from hie.operations.city.institutions import Institution
from hie.operations.city.people import Person

_LIVES = (story.live, everyday.live, chronic.live, notifiable.live, vaccination.live)


def history(seed: int, people: list[Person], today: date, city: Mapping[str, Institution]) -> History:
    """Everything that happened to `people` in the five years before `today`."""
    visits: list[Visit] = []
    follow_ups: list[FollowUp] = []
    cases: list[Case] = []
    shots: list[Shot] = []
    for person in people:
        chart = Chart(seed, person, today, city)
        for live in _LIVES:
            live(chart)
        visits += chart.visits
        follow_ups += chart.follow_ups
        cases += chart.cases
        shots += chart.shots
    checkups, births = maternity.deliveries(seed, people, today, city)
    return History(
        tuple(visits), tuple(follow_ups), tuple(cases), tuple(shots), tuple(births), tuple(checkups)
    )
