"""The first thing that a newcomer runs."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_demo_plays_the_whole_story_and_exits_with_nothing_configured(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TIDEWAITER_")}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--once"],
        env={**environment, "TIDEWAITER_SLACK__BOT_TOKEN": "xoxb-real-workspace-must-not-see-this"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for step in (
        "A card for Northgate Retail: ten lines",
        "Only a licensed broker can confirm a tariff code",
        "Dana confirms 10 lines",
        "The reply joined the shipment",
        "its words were read off the picture",
        "is on hold",
        "Released. Consignee told: dc@juniper.example",
        "the chain is whole",
    ):
        assert step in done.stdout
