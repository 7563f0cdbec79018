"""Cards and notes as Block Kit: pure functions of a view, within every limit of Slack.

The order is: what it is, how it stands, what must be looked at, the next lines to decide, what
can be done, the documents. Only ids travel in buttons. Nothing is ever parsed back.
"""

from __future__ import annotations

from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    ImageBlock,
    InteractiveElement,
    MarkdownTextObject,
    SectionBlock,
)

from bot.slack import buttons
from bot.slack.mrkdwn import cut, esc_keep_mentions
from bot.slack.payloads import Payload
from prompts import slack_escape as esc
from storage.values import Value
from workflows.views import CardView, DocumentView, LineView, NoteView

CEILING = 9000  # characters of all blocks: Slack cuts in somewhere above 11,000
_MOST_OF_A_CONTEXT = 2800  # letters; Slack takes 3000

_STYLES = {
    "hold_ack": "primary",
    "poa_check": "primary",
    "poa_scan": "primary",
    "screening_confirm": "danger",
}


class Message(Value):
    """A message for Slack."""

    text: str
    blocks: list[dict[str, Any]]


def card(view: CardView) -> Message:
    """The review card."""
    for lines, documents, room in ((5, 10, 1.0), (3, 8, 1.0), (1, 5, 0.6), (0, 3, 0.3)):
        blocks = [block.to_dict() for block in _card(view, lines, documents, room)]
        if _length(blocks) <= CEILING:
            break
    return Message(text=cut(esc(view.fallback), 2900), blocks=blocks)


def note(view: NoteView) -> Message:
    """Something told in a thread."""
    mention = f"<@{view.mention}> " if view.mention else ""
    text = cut(mention + view.text, 2900)
    blocks: list[Block] = [SectionBlock(text=MarkdownTextObject(text=text))]
    if view.picture:
        blocks.append(
            ImageBlock(alt_text=cut(view.picture.alt, 1900), slack_file={"id": view.picture.file})
        )
    if view.documents:
        blocks.append(_context(_documents(view.documents, 10)))
    if view.buttons:
        blocks.append(
            ActionsBlock(
                elements=[
                    ButtonElement(
                        text=button.label,
                        action_id=button.action,
                        value=Payload(i=button.target, o=button.other).written(),
                        style=_STYLES.get(button.action),
                    )
                    for button in view.buttons
                ]
            )
        )
    return Message(text=text, blocks=[block.to_dict() for block in blocks])


def _card(view: CardView, most_lines: int, most_documents: int, room: float) -> list[Block]:
    """The blocks; `room` shortens what is long, down to its share."""

    def short(text: str, most: int) -> str:
        return cut(esc(text), int(most * room))

    rev = view.rev
    blocks: list[Block] = [
        HeaderBlock(block_id=f"hd:{rev}", text=cut(f"{view.ref} · {view.title}", 145))
    ]
    if view.headline:
        blocks.append(_section(f"*{esc_keep_mentions(view.headline, 600)}*", f"hl:{rev}"))
    if view.facts:
        fields = [f"*{esc(label)}*\n{short(value, 300)}" for label, value in view.facts]
        blocks.append(SectionBlock(block_id=f"kv:{rev}", fields=fields[:10]))
    blocks.append(_context(_counts(view), f"st:{rev}"))
    if view.flags:
        told = "\n".join(f":warning: {short(one, 250)}" for one in view.flags[:6])
        more = f"\n… and {len(view.flags) - 6} more" if len(view.flags) > 6 else ""
        blocks.append(_section(f"*Please check*\n{told}{more}", f"fl:{rev}"))
    blocks += _unread(view, int(300 * room))
    blocks += _maker(view, int(400 * room))
    for line in view.lines[:most_lines]:
        blocks += _line(view, line)
    hidden = (
        view.open_lines - min(len(view.lines), most_lines) - (view.bulk.count if view.bulk else 0)
    )
    if hidden > 0:
        told = f"{hidden} more to decide; the next ones move up. All lines stand in the thread."
        blocks.append(_context(told, f"mo:{rev}"))
    if view.blockers:
        shown = [one.told for one in view.open_items] or list(view.blockers)
        told = "\n".join(f"• {short(one, 250)}" for one in shown[:8])
        more = f"\n… and {len(view.blockers) - 8} more" if len(view.blockers) > 8 else ""
        blocks.append(_section(f"*Before it can be filed*\n{told}{more}", f"bl:{rev}"))
    if view.waived:
        told = "\n".join(f"• {short(one, 200)}" for one in view.waived[:5])
        blocks.append(_section(f"*A broker lets wait*\n{told}", f"wv:{rev}"))
    elements: list[InteractiveElement] = [*buttons.actions(view)]
    if view.can_edit and view.documents:
        elements.append(buttons.shipment_menu(view))
    if elements:
        blocks.append(ActionsBlock(block_id=f"ac:{rev}", elements=elements))
    if view.documents:
        blocks.append(_context(_documents(view.documents, most_documents), f"dc:{rev}"))
    blocks.append(_context(_footer(view), f"ft:{rev}"))
    return blocks


def _line(view: CardView, line: LineView) -> list[Block]:
    facts = [line.quantity, line.value]
    if line.origin:
        facts.append(f"origin {line.origin}")
    if line.hint:
        facts.append(f"shipper's code {line.hint}")
    text = [
        f"*{line.number}.* {cut(esc(line.description), 180)}",
        esc(" · ".join(facts)),
    ]
    costs = line.duties or ("",) * len(line.candidates)
    for letter, one, cost in zip("ABC", line.candidates, costs, strict=False):
        text.append(
            f"{letter}  `{one.code}`  *{one.confidence:.0%}*  {cut(esc(one.description), 90)}"
            f" — _{cut(esc(one.because), 110)}_{f' · {esc(cost)}' if cost else ''}"
        )
    if not line.candidates:
        text.append("No candidate was found: please choose a code.")
    if line.note:
        text.append(f":information_source: {cut(esc(line.note), 250)}")
    text += [f":information_source: {cut(esc(one), 300)}" for one in line.notes[:3]]
    if line.pga:
        more = f" and {len(line.pga) - 3} more" if len(line.pga) > 3 else ""
        text.append(f":label: {' · '.join(cut(esc(one), 80) for one in line.pga[:3])}{more}")
    text += [f":grey_question: {cut(esc(one), 120)}" for one in line.missing[:2]]
    text += [f":warning: {cut(esc(one), 150)}" for one in line.flags[:3]]
    choices: list[InteractiveElement] = [
        buttons.pick(view, line, letter, place, one)
        for place, (letter, one) in enumerate(zip("ABC", line.candidates, strict=False))
    ]
    other = Payload(s=view.shipment_id, l=line.line_id, r=line.rev)
    choices.append(
        ButtonElement(text="Other code…", action_id="line_change", value=other.written())
    )
    if view.can_edit:
        choices.append(buttons.line_menu(view, line))
    mark = f"{line.line_id}:{line.rev}:{view.rev}"
    return [
        DividerBlock(block_id=f"dv:{mark}"),
        _section("\n".join(text), f"ln:{mark}"),
        ActionsBlock(block_id=f"la:{mark}", elements=choices),
    ]


def _maker(view: CardView, most: int) -> list[Block]:
    """The maker's identification that was constructed, to be confirmed or set right."""
    if view.maker is None:
        return []
    mid, because = view.maker
    confirm = ButtonElement(
        text="Confirm MID",
        action_id="mid_confirm",
        value=Payload(s=view.shipment_id, f=mid).written(),
    )
    text = f"*MID `{esc(mid)}`*: {cut(esc(because), most)}. Not filed unless you confirm it."
    return [
        SectionBlock(
            block_id=f"md:{view.rev}", text=MarkdownTextObject(text=text), accessory=confirm
        )
    ]


def _unread(view: CardView, most: int) -> list[Block]:
    blocks: list[Block] = []
    for document in view.unread[:3]:
        name, why = cut(esc(document.label), 120), cut(esc(document.problem or ""), most)
        text = f":page_facing_up: <{document.url}|{name}> {why}"
        blocks.append(
            SectionBlock(
                block_id=f"ur:{document.document_id}:{view.rev}",
                text=MarkdownTextObject(text=cut(text, 2900)),
                accessory=ButtonElement(
                    text="I have looked",
                    action_id="document_looked",
                    value=Payload(s=view.shipment_id, i=document.document_id).written(),
                ),
            )
        )
    return blocks


def _counts(view: CardView) -> str:
    lines = "1 line" if view.total_lines == 1 else f"{view.total_lines} lines"
    if view.total_lines and view.confirmed_lines == view.total_lines:
        return f"*All {lines} confirmed*" if view.total_lines > 1 else "*The line is confirmed*"
    proposed = view.bulk.count if view.bulk else 0
    needs = view.open_lines - proposed
    parts = [f"*{lines}*", f"{view.confirmed_lines} confirmed"]
    if proposed:
        parts.append(f"{proposed} proposed without a flag")
    if needs:
        parts.append(f"*{needs} need you*")
    return " · ".join(parts)


def _footer(view: CardView) -> str:
    who = f"assigned to <@{view.assignee}>" if view.assignee else "not assigned"
    done = f" · confirmed by <@{view.decided_by}>" if view.decided_by else ""
    stamp = int(view.updated_at.timestamp())
    told = f"{view.updated_at:%Y-%m-%d %H:%M} UTC"
    parties = f" · {cut(esc(view.screening), 120)}" if view.screening else ""
    day = f"<!date^{stamp}^{{date_short_pretty}} {{time}}|{told}>"
    return f"rev {view.rev} · {who}{done}{parties} · {day}"


def _documents(documents: tuple[DocumentView, ...], most: int) -> str:
    links = [
        f"<{one.url}|{cut(esc(one.label), 80)}>"
        + (f" (<{one.drawn}|what was read>)" if one.drawn else "")
        + (" :warning:" if one.problem else "")
        for one in documents[:most]
    ]
    # Whole links or none: half of one would be shown as it stands.
    while len(" · ".join(links)) > _MOST_OF_A_CONTEXT:
        links.pop()
    more = f" · and {len(documents) - len(links)} more" if len(documents) > len(links) else ""
    return " · ".join(links) + more


def _section(text: str, block_id: str) -> SectionBlock:
    return SectionBlock(block_id=block_id, text=MarkdownTextObject(text=cut(text, 2900)))


def _context(text: str, block_id: str | None = None) -> ContextBlock:
    return ContextBlock(block_id=block_id, elements=[MarkdownTextObject(text=text)])


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_length(one) for one in value.values())
    if isinstance(value, list):
        return sum(_length(one) for one in value)
    return 0
