"""Every sign that our texts use is drawn by the sandbox's page."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
_SIGN = re.compile(r"(?<![\w\]\[]):([a-z][a-z_]{2,}):(?![\w:])")


def test_the_page_knows_every_sign_of_our_texts() -> None:
    used = {
        sign
        for folder, kind in (("prompts", "*.j2"), ("workflows", "*.py"), ("bot", "*.py"))
        for path in (ROOT / folder).rglob(kind)
        for sign in _SIGN.findall(path.read_text())
    }
    page = (ROOT / "bot" / "sandbox" / "page" / "blocks.js").read_text()
    drawn = set(re.findall(r'(\w+): "', page.partition("const EMOJI")[2].partition("};")[0]))
    assert used
    assert used <= drawn
