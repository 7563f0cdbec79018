"""Every click, modal and command: acknowledge, parse, one workflow call, a visible answer.

What a click is about stands here; how it is decided and answered stands in `answers.py`, and
what opens a window in `windows.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from sqlmodel import Session

from bot.logs import logger
from bot.slack import (
    ask_window,
    commands,
    divide_windows,
    duty_window,
    entry_type_window,
    evidence_window,
    filing_clicks,
    hold_windows,
    home_clicks,
    leaving,
    line_windows,
    lines_table,
    match_window,
    modals,
    move_window,
    papers_window,
    pickup_window,
    poa_windows,
    review_window,
    shadow_window,
    talk,
    unheard,
    windows,
)
from bot.slack.answers import OLD, Decide, Desk, Place, fault, redraw, run, whisper
from bot.slack.installations import Installations
from bot.slack.links import Links
from bot.slack.mrkdwn import cut
from bot.slack.payloads import OldCard, Payload, given, of_action
from storage.values import Actor
from workflows import accounts, all_lines, attaching, maker, operating, review, senders
from workflows.review import Answer
from workflows.senders import DECISIONS, Decision
from workflows.views import ATTACH

_MOST_OPTIONS = 100
_ANY = re.compile(".*")


def register(app: App, desk: Desk, store: Installations | None = None) -> None:
    """Attach all listeners."""
    leaving.register(app, desk, store)
    for place in range(3):
        app.action(f"line_pick_{place}")(_deciding(desk, _pick))
    app.action("bulk_confirm")(_deciding(desk, _bulk))
    app.action("shipment_confirm")(_deciding(desk, _confirm))
    app.action("shipment_reopen")(_deciding(desk, _reopen))
    for way in (lines_table.BACK, lines_table.ON):
        app.action(way)(_deciding(desk, _page))
    app.action("document_looked")(_deciding(desk, _looked))
    for action, made in (
        ("mid_confirm", _maker),
        ("outbox_retry", _retry),
        ("outbox_drop", _drop),
        ("account_right", _account),
    ):
        app.action(action)(_deciding(desk, made))
    for attach in ATTACH:
        app.action(attach)(_deciding(desk, _attach))
    for decision in DECISIONS:
        app.action(f"sender_{decision}")(_deciding(desk, _sender(decision)))
    app.action("line_change")(windows.opening(desk, "Other code", windows.other_code_window))
    app.action("shipment_reject")(windows.opening(desk, "Reject shipment", windows.reject_window))
    app.action("shipment_edit")(
        windows.opening(desk, "Correct fields", windows.correct_window(desk))
    )
    app.action("shipment_duty")(windows.opening(desk, duty_window.TITLE, duty_window.filled(desk)))
    app.action("shipment_ask")(windows.opening(desk, ask_window.TITLE, ask_window.filled(desk)))
    app.view(ask_window.CALLBACK)(
        windows.submitting(desk, ask_window.submitted, ask_window.QUESTION)
    )
    app.action("shipment_papers")(
        windows.opening(desk, papers_window.TITLE, papers_window.filled(desk))
    )
    app.action("discrepancy_decide")(
        windows.opening(desk, papers_window.DECIDE_TITLE, papers_window.deciding)
    )
    app.view(papers_window.CALLBACK)(windows.submitting(desk, papers_window.submitted, None))
    app.view(papers_window.DECIDE_CALLBACK)(
        windows.submitting(desk, papers_window.decided, modals.REASON)
    )
    app.view(duty_window.CALLBACK)(windows.submitting(desk, duty_window.submitted, None))
    ours = (
        entry_type_window,
        match_window,
        poa_windows,
        pickup_window,
        shadow_window,
        review_window,
    )
    for own in (*ours, divide_windows, line_windows, move_window):
        own.register(app, desk)
    for menu in ("line_more", "shipment_more"):
        app.action(menu)(_menu(desk))
    for view, decide, blame in (
        ("other_code", windows.other_code, modals.CODE),
        ("reject", windows.reject, modals.REASON),
        ("correct", windows.correct, None),
    ):
        app.view(view)(windows.submitting(desk, decide, blame))

    _searching(app, desk)
    for part in (filing_clicks, hold_windows):
        part.register(app, desk, _deciding)
    links = Links()
    commands.register(app, desk, links)
    talk.register(app, desk, links)
    home_clicks.register(app, desk, _deciding, links)

    # Last: what no listener above knows is answered too.
    @app.action(_ANY)
    def _unknown_action(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        clicked = Place.of(body)
        logger().warning("action_unknown", action=body["actions"][0].get("action_id"))
        redraw(desk, clicked)
        whisper(client, clicked.channel, clicked.user, OLD)

    @app.view(_ANY)
    def _unknown_window(ack: Ack, view: dict[str, Any]) -> None:
        logger().warning("window_unknown", callback=view.get("callback_id"))
        ack(response_action="update", view=modals.message("Not saved", windows.OLD_WINDOW))

    unheard.register(app)

    @app.error
    def _fault(error: Exception, body: dict[str, Any], client: WebClient) -> None:
        clicked = Place.of(body)
        text = fault("slack_fault", error, user=clicked.user, kind=str(body.get("type")))
        whisper(client, clicked.channel, clicked.user, text)


def _searching(app: App, desk: Desk) -> None:
    """The search of the tariff, and what a window shows of the line that is chosen."""

    @app.options("tariff_search")
    def _search(ack: Ack, payload: dict[str, Any]) -> None:
        found = desk.lookup.search(str(payload.get("value", ""))[:200], _MOST_OPTIONS)
        ack(
            options=[
                {
                    "text": {
                        "type": "plain_text",
                        "text": cut(f"{one.code} {_short(one.path)}", 75),
                    },
                    "value": one.bare,
                }
                for one in found
            ]
        )

    again = windows.other_code_drawn(desk)
    app.action("tariff_search")(
        windows.changing(desk, "Other code", lambda s, who, at, view, _: again(s, who, at, view))
    )
    shows = {
        "other_code": ("Other code", again),
        "correct": ("Correct fields", windows.correct_drawn(desk)),
        "line": (line_windows.TITLE, line_windows.drawn(desk)),
    }
    evidence_window.register(app, desk, shows)


def _menu(desk: Desk) -> Callable[..., None]:
    """A menu of rarer things; the option says which window it opens."""
    opens = {
        "line": windows.opening(desk, line_windows.TITLE, line_windows.window(desk)),
        "line_add": windows.opening(desk, line_windows.ADD, line_windows.adding),
        "split": windows.opening(desk, divide_windows.SPLIT, divide_windows.split_window),
        "merge": windows.opening(desk, divide_windows.MERGE, divide_windows.merge_window),
        "move": windows.opening(desk, move_window.TITLE, move_window.window),
        "ask": windows.opening(desk, ask_window.TITLE, ask_window.filled(desk)),
    }

    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        try:
            chosen = opens.get(of_action(body).w or "")
        except OldCard:
            chosen = None
        if chosen is not None:
            chosen(ack, body, client)
            return
        ack()
        clicked = Place.of(body)
        redraw(desk, clicked)
        whisper(client, clicked.channel, clicked.user, OLD)

    return listener


# -- clicks that decide -------------------------------------------------------------------------


def _deciding(desk: Desk, make: Callable[[Desk, Payload], Decide]) -> Callable[..., None]:
    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        clicked = Place.of(body)

        def decide(session: Session, actor: Actor) -> Answer:
            return make(desk, of_action(body))(session, actor)

        text, _ = run(desk, clicked.user, decide, clicked=clicked)
        whisper(client, clicked.channel, clicked.user, text)

    return listener


def _pick(desk: Desk, at: Payload) -> Decide:
    line, rev, code = at.l, at.r, at.c
    if line is None or rev is None or code is None:
        raise OldCard

    def decide(session: Session, actor: Actor) -> Answer:
        return review.choose(
            session, line_id=line, line_rev=rev, code=code, actor=actor, tariff=desk.lookup
        )

    return decide


def _bulk(_desk: Desk, at: Payload) -> Decide:
    shipment, fingerprint = at.s, at.f
    if shipment is None or fingerprint is None:
        raise OldCard
    return lambda session, actor: review.confirm_bulk(
        session, shipment_id=shipment, fingerprint=fingerprint, actor=actor
    )


def _confirm(desk: Desk, at: Payload) -> Decide:
    shipment, rev = at.s, at.r
    if shipment is None or rev is None:
        raise OldCard
    return lambda session, actor: review.confirm(
        session, shipment_id=shipment, rev=rev, actor=actor, house=desk.house
    )


def _reopen(_desk: Desk, at: Payload) -> Decide:
    shipment = given(at.s)
    return lambda session, actor: review.reopen(session, shipment_id=shipment, actor=actor)


def _page(_desk: Desk, at: Payload) -> Decide:
    shipment, first = given(at.s), given(at.i)

    def decide(session: Session, _actor: Actor) -> Answer:
        all_lines.turn(session, shipment_id=shipment, first=first)
        return Answer(text="", changed=True)  # the table itself is the answer

    return decide


def _looked(_desk: Desk, at: Payload) -> Decide:
    document = given(at.i)
    return lambda session, actor: review.looked_at(session, document_id=document, actor=actor)


def _maker(_desk: Desk, at: Payload) -> Decide:
    shipment, shown = given(at.s), at.f
    if shown is None:
        raise OldCard
    return lambda session, actor: maker.confirm(
        session, shipment_id=shipment, shown=shown, actor=actor
    )


def _retry(_desk: Desk, at: Payload) -> Decide:
    row = given(at.i)
    return lambda session, actor: operating.outbox_retry(session, outbox_id=row, actor=actor)


def _drop(_desk: Desk, at: Payload) -> Decide:
    row = given(at.i)
    return lambda session, actor: operating.outbox_drop(session, outbox_id=row, actor=actor)


def _account(_desk: Desk, at: Payload) -> Decide:
    row = given(at.i)
    return lambda session, actor: accounts.confirm(session, account_id=row, actor=actor)


def _attach(_desk: Desk, at: Payload) -> Decide:
    younger, older = given(at.i), given(at.o)
    return lambda session, actor: attaching.attach(
        session, shipment_id=younger, to=older, actor=actor
    )


def _sender(decision: Decision) -> Callable[[Desk, Payload], Decide]:
    def made(_desk: Desk, at: Payload) -> Decide:
        row = given(at.i)
        return lambda session, actor: senders.decide(
            session, quarantine_id=row, decision=decision, actor=actor
        )

    return made


# -- small things -------------------------------------------------------------------------------


def _short(path: tuple[str, ...]) -> str:
    return " · ".join(part[:40] for part in path[-2:])
