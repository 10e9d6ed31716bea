"""Every message and document of the corpora is answered: FHIR that is valid, or a refusal with its reason."""

import pytest

from tests.fidelity.corpora import CORPORA, FOLDERS, checked, files


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_is_answered(folder: str) -> None:
    if not (CORPORA / folder).is_dir():
        pytest.skip(f"the corpus {folder} is not there")
    answered = 0
    for path in files(folder):
        parts = checked(path.read_bytes())
        assert parts, path.name
        for part in parts:
            assert part.refused != bool(part.resources) or part.issues, path.name
            assert not part.refused or part.issues[0].text, path.name
        answered += 1
    assert answered
