"""Which diagnosis must be reported, and how soon."""

from datetime import UTC, datetime

import pytest

from fhir_profiles.notifiable_diseases import by_name, diseases, law_disease, notifiable


def test_the_law_lists_42_diseases_in_three_classes() -> None:
    listed = [disease for disease in diseases().values() if not disease.parent]
    assert [sum(d.legal_class == each for d in listed) for each in "ABC"] == [2, 29, 11]


@pytest.mark.parametrize(
    ("icd10", "name", "of_the_law", "hours"),
    [
        ("A00.900", "霍乱", "霍乱", 2),
        ("B05.9", "麻疹", "麻疹", 24),
        ("B05.x00", "麻疹", "麻疹", 24),
        ("A22.1", "肺炭疽", "炭疽", 2),
        ("A22.9", "炭疽", "炭疽", 24),
        ("A15.001", "肺结核", "肺结核", 24),
        ("A16.2", "肺结核", "肺结核", 24),
        ("B18.1", "乙型病毒性肝炎", "病毒性肝炎", 24),
        ("B17.9", "病毒性肝炎", "病毒性肝炎", 24),
        ("B22.7", "艾滋病", "艾滋病", 24),
        ("U04.9", "传染性非典型肺炎", "传染性非典型肺炎", 2),
        ("B08.4", "手足口病", "手足口病", 24),
        ("j10.1", "流行性感冒", "流行性感冒", 24),
    ],
)
def test_a_diagnosis_of_the_list_is_reported(icd10: str, name: str, of_the_law: str, hours: int) -> None:
    disease = notifiable(icd10)
    assert disease is not None
    assert (disease.zh, law_disease(disease).zh, disease.hours) == (name, of_the_law, hours)


@pytest.mark.parametrize("icd10", ["I10", "J18.9", "A06.1", "B74.9", "A75.1", "", "A", "B01.9"])
def test_any_other_diagnosis_is_not(icd10: str) -> None:
    assert notifiable(icd10) is None


def test_the_clock_starts_at_the_diagnosis() -> None:
    measles = by_name("麻疹")
    assert measles is not None
    assert measles.deadline(datetime(2026, 5, 1, 8, tzinfo=UTC)) == datetime(2026, 5, 2, 8, tzinfo=UTC)
    assert by_name("207") == measles
    assert by_name("感冒") is None
