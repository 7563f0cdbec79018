"""The npm package @distributeaid/flexport-api-sandbox, on the loopback: a source not made by us.

    mkdir -p DIR && cd DIR && npm i --ignore-scripts @distributeaid/flexport-api-sandbox

with DIR in TIDEWAITER_TEST_FLEXPORT, by default tidewaiter-flexport-sandbox in the folder for
temporary files. Tests marked `flexport` are left out, and counted, without it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

TOKEN = "secret"
_HERE = Path(__file__).parent
_NAME = "@distributeaid/flexport-api-sandbox"


def package() -> Path | None:
    """Where the package is, or None."""
    default = Path(tempfile.gettempdir()) / "tidewaiter-flexport-sandbox"
    folder = Path(os.environ.get("TIDEWAITER_TEST_FLEXPORT", default))
    found = folder / "node_modules" / _NAME
    return found if shutil.which("node") and (found / "dist" / "start.js").is_file() else None


class FlexportSandbox:
    """The package's server in a process of its own."""

    def __init__(self, port: int) -> None:
        place = package()
        assert place is not None
        self.base = f"http://127.0.0.1:{port}"
        node = shutil.which("node")
        assert node is not None
        self._process = subprocess.Popen(
            [
                node,
                "-r",
                str(_HERE / "loopback.js"),
                "-e",
                f"require({str(place / 'dist' / 'start.js')!r}).start()",
            ],
            env={
                "PATH": os.environ["PATH"],
                "SANDBOX_API_PORT": str(port),
                "SANDBOX_API_KEY": TOKEN,
            },
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                httpx.get(f"{self.base}/", trust_env=False, timeout=1)
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        self.close()
        raise RuntimeError("the Flexport sandbox did not start")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
