"""Stories over real processes: all of them slow, and included by .ci/run."""

import fcntl
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def sentences_prepared() -> None:
    """As the README's first command does: on a new machine the vectors are made once."""
    with (Path(tempfile.gettempdir()) / "tidewaiter-sentences.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two workers would make them twice, and each take longer
        subprocess.run([sys.executable, "-m", "bot", "tariff", "index"], check=True, timeout=900)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(600))
