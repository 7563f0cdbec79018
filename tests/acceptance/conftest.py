"""Stories over real processes: all of them slow, and included by .ci/run."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def sentences_prepared() -> None:
    """As the README's first command does: on a new machine the vectors are made once."""
    subprocess.run([sys.executable, "-m", "bot", "tariff", "index"], check=True, timeout=900)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(600))
