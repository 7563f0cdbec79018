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
    "near": ["SHP-1: the same invoice"], "older": "SHP-1", "elsewhere": ["SHP-2"],
    "before": "…3333", "now": "…7777",
    "problem": "It is stale.", "officers": ["U03PRIYA"], "country": "AE", "place": "1 Quay St", "roles": ["exporter"],
    "algorithm": "names-2", "evidence": "register", "day": "2026-11-21",
    "hits": [{"listed": "L", "list_name": "SDN", "programs": "P", "entry_id": "SDN-1", "score": 0.9, "threshold": 0.86,
              "because": "alike", "addresses": ["x"], "born": ["1960"], "ids": ["1"], "before": "cleared before"}],
    "booking": "flexport 1", "changes": ["arrival: soon"], "event": "leg arrived", "source": "flexport", "file": "b.csv",
    "taken": 1,
    "claims": ["Booking: 10", "Packing list: 12"], "value": "10", "version": 2, "draft": 1,
    "edition": "HTSUS 2026", "added": 1, "removed": 2, "renumbered": 3, "redescribed": 4, "rerated": 5, "units": 6,
    "products": ["N: S-1 “Lamp”: 9405.21.60.99 is gone"],
    "signer": "Renee", "title": "member", "mail": "r@k.example", "via": "docusign", "signed_by": "Renee", "on": "2026-11-21",
    "next": "Call.",
    "minutes": 30, "packet": "https://x/p", "release": "https://x/r", "summary": "https://x/s", "how": "email",
    "differences": ["Line 1 is gone."], "choice": "psc", "last": "2027-03-10", "filer": "QZ7", "left": 1,
    "words": "The packing list is missing.", "due": "2027-03-01", "sha256": "ab",
    "count": 2, "findings": ["SHP-1: a.pdf is missing."], "gateway": "http", "times": 3, "said": "released", "whom": "a@b",
    "proof": "not proved", "respond_by": None, "because": "no date is known", "inner_by": 1795225000,
    "exam": "x-ray", "unconfirmed": 0, "silent": ["finance"], "link": "https://x/h", "present": ["invoice"], "lifted": 0, "over": 1,
    "seals": ["S1"], "frozen": 0, "agencies": "FDA", "told": "a@b", "pickup": "withdrawn", "packages": "12", "weight": "900", "contact": "Dana", "case": "A-570-979",
    "deposit": "100.00", "regular": None, "bond": None, "advisories": ["x"], "values_known": True, "type_filed": "01",
    "enclosed": ["invoice"], "broker": "Dana",
    "document": "a.pdf", "hours": "4", "carrier": "Sunbelt", "asked_at": 1795225000, "by": "Joe", "was": 1795225000,
    "task": 1, "rate": "185.00 USD", "amount": "555.00 USD", "appointment": 1795225000, "stage": "soon",
    "own": 0, "rows": ["SHP-1 · N · held"], "holds": 1, "released": 2, "shows": "mine", "facts": ["Invoice: I"],
    "outcome": "taken", "examples": ["did it clear?"], "nearest": ["did it clear?"], "path": "a › b", "asked": 1,
    "goods": [{"code": "6109", "goods": "Shirts", "importer": "N", "by": "Dana", "day": "2026-11-21", "origin": "SHP-1"}],
    "grounds": [{"ref": "S", "line": 1, "goods": "g", "code": "c", "sure": "9%", "because": "b", "edition": "e", "decided": "", "reason": ""}],
    "needs": ["The packing list."], "assignee": "Dana",
    "recalled": 0, "query": 0, "form": "28", "entries": ["QZ7-1-1"], "dated": "2026-05-11", "forged": 0,
    "total": "USD 1,200.00", "lacking": ["the due date"], "strangers": ["ABCU1234567"], "issued": "2026-11-01", "ours": ["2 days"],
    "lines_before": ["3 (10 PCS, 25.00)"], "lines_after": ["3 (4 PCS, 10.00)", "9 (6 PCS, 15.00)"], "lost": ["3 (8504)"], "here": "SHP-1", "there": "SHP-2",
    "contents": [{"file": "a", "size": 1, "sha256": "ab"}], "notice": "n", "instead": 1, "items": ["commercial invoice"], "wanted": ["who made the cells"], "papers": ["a map"], "itn": "X20260514123456",
}  # fmt: skip


@pytest.mark.parametrize("name", [one for one in prompts.names() if one.startswith(("slack/", "filing/", "holds/"))])
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
