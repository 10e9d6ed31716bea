"""Everything one hospital sends over MLLP, in the order of time."""

from collections.abc import Iterator

from hie.operations.city import admissions, order_messages, result_messages, vaccination_messages
from hie.operations.city.desks import Desks
from hie.operations.city.events import History
from hie.operations.city.hl7v2_dialects import Dialect
from hie.operations.city.hl7v2_messages import Draft, Payload, numbered


def payloads(dialect: Dialect, history: History, desks: Desks) -> Iterator[Payload]:
    """Messages of a hospital: ADT, ORU, prescriptions, VXU."""
    return numbered(dialect, _drafts(dialect, history, desks))


def _drafts(dialect: Dialect, history: History, desks: Desks) -> Iterator[Draft]:
    key = dialect.institution.key
    learned = {
        (update.registration.person, update.moment): update.registration
        for update in desks.updates
        if update.registration.institution == key
    }
    for visit in history.visits:
        if visit.institution != key:
            continue
        known = desks.at(key, visit.person, visit.start)
        yield from admissions.of_visit(dialect, visit, known)
        for report in visit.reports:
            yield result_messages.of_report(dialect, visit, report, known)
        yield from order_messages.of_visit(dialect, visit, known)
        if news := learned.get((visit.person, visit.start)):
            yield admissions.of_update(dialect, visit, news)
    for shot in history.shots:
        if shot.institution == key:
            yield vaccination_messages.of_shot(dialect, shot, desks.at(key, shot.person, shot.moment))
    for merge in desks.merges:
        if merge.survivor.institution == key:
            yield admissions.of_merge(dialect, merge)
