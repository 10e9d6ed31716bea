from datetime import date

import pytest

from hie.operations.city.city import City, build_city

DAY = date(2026, 11, 24)


@pytest.fixture(scope="session")
def city() -> City:
    return build_city(7, 60, DAY)
