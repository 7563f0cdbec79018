"""Every text that the product says can be said."""

import pytest
from jinja2 import UndefinedError

import prompts

FACTS = {
    "sender": "Amy", "subject": "Docs", "excerpt": "hello", "documents": ["a.pdf"], "late": 1, "state": "in review",
    "younger": "SHP-2", "number": 3, "who": "Dana", "licence": "99001", "entry": "QZ7-1-1", "reason": "why",
    "reference": "R", "at": 1795225000, "code": "5H", "containers": ["ZZZU3045127"], "last_free_day": "soon",
    "address": "a@b", "party": "X", "consignee": "c@d", "to": "c@d", "lines": ["1: 6109"], "why": "empty",
    "problems": ["one"], "spool": "s", "kind": "slack.card", "key": "k", "attempts": 2, "error": "e", "unknown": 1,
    "destination": "slack", "ref": "SHP-1", "name": "Amy", "firm": "H&P", "importer": "N", "invoice": "I", "order": "O",
    "bill": "B", "vessel": "V", "port": "P", "what": "chase", "refused": ["a@b: no (550)"], "sent": [], "missing": ["x"],
    "nobody": 0, "most": 3, "until": None,
    "standing": "waiting", "reasons": ["It is new."], "verdict": ["It is not signed."], "files": ["a.pdf"], "more": 1,
    "before": "…3333", "now": "…7777",
}  # fmt: skip


@pytest.mark.parametrize("name", [one for one in prompts.names() if one.startswith("slack/")])
def test_each_template_renders(name: str) -> None:
    said = prompts.render(name, **FACTS)
    assert said
    assert "{{" not in said


def test_a_fact_that_nobody_gave_is_an_error_and_no_blank() -> None:
    with pytest.raises(UndefinedError):
        prompts.render("slack/confirmed")


def test_what_people_wrote_cannot_speak_slacks_language() -> None:
    said = prompts.render("slack/rejected", who="<!channel>", reason="<@U1> & <http://x|y>")
    assert "<!channel>" not in said
    assert "&lt;@U1&gt; &amp; &lt;http://x|y&gt;" in said
