"""The side effects that decisions ask for. Each has a key that says what it is once of."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from storage.outbox import Effect
from storage.values import TaughtLine


class ReadDocuments(Effect):
    """Read what a message brought, and propose."""

    kind: ClassVar[str] = "documents.read"
    queue: ClassVar[str] = "models"
    max_attempts: ClassVar[int] = 5
    shipment_id: int
    message_id: int
    turn: int = 0  #: 1: again, after another shipment's documents were taken out
    once: str = ""  #: a person's act after which all is read anew

    def key(self) -> str:
        again = f"-{self.turn}" if self.turn else ""
        again += f"-{self.once}" if self.once else ""
        return f"shipment-{self.shipment_id}-read-message-{self.message_id}{again}"

    def lane(self) -> str:
        return f"read:{self.shipment_id}"


class LearnCorrection(Effect):
    """Find where the values that a person set stand, for the next document of the layout."""

    kind: ClassVar[str] = "documents.learn"
    queue: ClassVar[str] = "models"
    max_attempts: ClassVar[int] = 3
    shipment_id: int
    rev: int  #: of the card that shows the correction
    changes: dict[str, str]  #: by path, as written
    lines: tuple[TaughtLine, ...] = ()  #: goods lines that were set right
    by: str

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-learn-{self.rev}"

    def lane(self) -> str:
        return f"read:{self.shipment_id}"


class ShowCard(Effect):
    """Post or update the card so that it shows at least this revision."""

    kind: ClassVar[str] = "slack.card"
    queue: ClassVar[str] = "face"
    destination: ClassVar[str] = "slack"
    shipment_id: int
    rev: int

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-card-{self.rev}"

    def lane(self) -> str:
        return f"slack-card:{self.shipment_id}"


class TellThread(Effect):
    """Tell something in the shipment's thread, once."""

    kind: ClassVar[str] = "slack.note"
    queue: ClassVar[str] = "face"
    destination: ClassVar[str] = "slack"
    shipment_id: int
    note: str  #: template under prompts/slack/
    once: str  #: what it is once of, e.g. "hold-3"
    facts: dict[str, str | int | list[str] | None] = {}
    broadcast: bool = False
    mention: str | None = None
    hold_id: int | None = None
    account_id: int | None = None
    offers: list[int] = []  #: shipments to attach it to
    discrepancy_id: int | None = None
    entry_id: int | None = None
    late_id: int | None = None
    pickup_id: int | None = None
    ask: Literal["doubt", "by_hand", "stated", "late", "shadow", "entry_type"] | None = (
        None  #: which buttons it has
    )

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-note-{self.note}-{self.once}"

    def lane(self) -> str:
        return f"slack-thread:{self.shipment_id}"


class PollStatus(Effect):
    """Ask the gateway what became of an entry; each poll has a number of its own."""

    kind: ClassVar[str] = "gateway.status"
    destination: ClassVar[str] = "gateway"
    max_attempts: ClassVar[int] = 1  #: a missed poll is followed by the next, not repeated
    shipment_id: int
    entry_id: int
    number: int

    def key(self) -> str:
        return f"entry-{self.entry_id}-poll-{self.number}"


class ReadStrays(Effect):
    """Look in the filer's status folder for files about no entry of ours, once an hour."""

    kind: ClassVar[str] = "gateway.strays"
    destination: ClassVar[str] = "gateway"
    max_attempts: ClassVar[int] = 1  #: a missed look is followed by the next, not repeated
    hour: str

    def key(self) -> str:
        return f"strays-{self.hour}"


class TellOps(Effect):
    """Tell the operations channel of something that only a person can mend."""

    kind: ClassVar[str] = "slack.ops"
    destination: ClassVar[str] = "slack"
    note: str
    once: str
    facts: dict[str, str | int | list[str] | None] = {}
    outbox_id: int | None = None

    def key(self) -> str:
        return f"ops-{self.note}-{self.once}"


class SubmitEntry(Effect):
    """File an entry that a licensed broker confirmed. Never blindly repeated."""

    kind: ClassVar[str] = "gateway.submit"
    destination: ClassVar[str] = "gateway"
    max_attempts: ClassVar[int] = 10_000  #: an outage ends some day; people are told meanwhile
    shipment_id: int
    entry_id: int
    turn: int = 1  #: a broker said that the last turn's filing did not arrive

    def key(self) -> str:
        return f"entry-{self.entry_id}-submit" + (f"-{self.turn}" if self.turn > 1 else "")

    def lane(self) -> str:
        return f"gateway:{self.shipment_id}"


class NotifyConsignee(Effect):
    """Tell a consignee by mail that the goods are released, or what of that has changed."""

    kind: ClassVar[str] = "mail.release"
    destination: ClassVar[str] = "mail"
    shipment_id: int
    entry_id: int
    notice_id: int | None = None  #: None in what older versions wrote: the importer's one address

    def key(self) -> str:
        which = f"-{self.notice_id}" if self.notice_id is not None else ""
        return f"entry-{self.entry_id}-release-mail{which}"

    def lane(self) -> str:
        return f"mail:{self.shipment_id}"


class NotifyByWebhook(Effect):
    """Tell a consignee's system of a release by a signed request."""

    kind: ClassVar[str] = "webhook.release"
    destination: ClassVar[str] = "webhook"
    shipment_id: int
    entry_id: int
    notice_id: int

    def key(self) -> str:
        return f"entry-{self.entry_id}-release-webhook-{self.notice_id}"

    def lane(self) -> str:
        return f"webhook:{self.shipment_id}"


class NotifyByFile(Effect):
    """Put a release notice as a file on a consignee's server."""

    kind: ClassVar[str] = "sftp.release"
    destination: ClassVar[str] = "sftp"
    shipment_id: int
    entry_id: int
    notice_id: int

    def key(self) -> str:
        return f"entry-{self.entry_id}-release-file-{self.notice_id}"

    def lane(self) -> str:
        return f"sftp:{self.shipment_id}"


class OrderPickup(Effect):
    """Ask the drayage carrier to collect the goods, with the delivery order."""

    kind: ClassVar[str] = "pickup.order"
    destination: ClassVar[str] = "mail"
    max_attempts: ClassVar[int] = 40  #: it waits for the delivery order to be set
    shipment_id: int
    pickup_id: int
    turn: int = 1  #: a person asked again, e.g. another carrier
    carrier: str | None = None  #: whom this request is for; None: the shipment's

    def key(self) -> str:
        return f"pickup-{self.pickup_id}-order-{self.turn}"

    def lane(self) -> str:
        return f"pickup:{self.shipment_id}"


class WithdrawPickup(Effect):
    """Tell the drayage carrier not to collect: a hold came, or another one was asked."""

    kind: ClassVar[str] = "pickup.withdraw"
    destination: ClassVar[str] = "mail"
    shipment_id: int
    pickup_id: int
    turn: int = 1  #: of the request that is withdrawn
    carrier: str | None = None  #: who was asked; None: the shipment's
    instead: bool = False  #: another carrier collects; else a hold stands

    def key(self) -> str:
        return f"pickup-{self.pickup_id}-withdraw-{self.turn}"

    def lane(self) -> str:
        return f"pickup:{self.shipment_id}"


class EscalatePickup(Effect):
    """Make it a person's task when a carrier has not confirmed in time."""

    kind: ClassVar[str] = "slack.pickup"
    shipment_id: int
    pickup_id: int
    turn: int = 1

    def key(self) -> str:
        return f"pickup-{self.pickup_id}-unconfirmed-{self.turn}"


class AnswerSender(Effect):
    """Answer a mail that could not be used, at once. Only older versions wrote "received"."""

    kind: ClassVar[str] = "mail.answer"
    destination: ClassVar[str] = "mail"
    message_id: int
    shipment_id: int | None = None
    template: Literal["received", "nothing_in_it", "unreadable"]

    def key(self) -> str:
        return f"message-{self.message_id}-{self.template}"

    def lane(self) -> str:
        return f"mail:{self.shipment_id}" if self.shipment_id else self.key()


class Acknowledge(Effect):
    """Tell the shipper what came, what was read and what is missing: at most once a day.

    Its lane is its own: one that waits for tomorrow must not hold up today's other mail.
    """

    kind: ClassVar[str] = "mail.acknowledge"
    destination: ClassVar[str] = "mail"
    shipment_id: int
    message_id: int
    day: date
    only_if_missing: bool = False

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-ack-{self.day.isoformat()}"


class AskQuestion(Effect):
    """A question that a person decided to send."""

    kind: ClassVar[str] = "mail.question"
    destination: ClassVar[str] = "mail"
    shipment_id: int
    to: str
    question: str
    asked_by: str  #: the person's name, under the question
    once: str

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-question-{self.once}"

    def lane(self) -> str:
        return f"mail:{self.shipment_id}"


class Chase(Effect):
    """Ask again for what is missing, if nobody answered since the mail `after`.

    The number behind the last reminder tells a person. `turn` counts the contacts who were
    tried under one number: who cannot be reached is followed by the next.
    """

    kind: ClassVar[str] = "mail.chase"
    destination: ClassVar[str] = "mail"
    shipment_id: int
    after: int  #: the message that was the newest when something was found missing
    number: int
    turn: int = 0

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-chase-{self.after}-{self.number}-{self.turn}"


class SendDigest(Effect):
    """The news of a day for one reader: of an importer's shipments, or of a broker's own."""

    kind: ClassVar[str] = "mail.digest"
    destination: ClassVar[str] = "mail"
    to: str
    day: date
    hour: int  #: UTC, at which the day ends
    importer_id: int | None = None
    person_id: int | None = None

    def key(self) -> str:
        whose = f"importer-{self.importer_id}" if self.importer_id else f"person-{self.person_id}"
        return f"digest-{whose}-{self.to.casefold()}-{self.day.isoformat()}"


class SealArchive(Effect):
    """Write the shipment's manifest and close it."""

    kind: ClassVar[str] = "archive.seal"
    shipment_id: int
    entry_id: int
    once: str = ""  #: released again after a recall: it is sealed again

    def key(self) -> str:
        return f"entry-{self.entry_id}-seal" + (f"-{self.once}" if self.once else "")


class ResealArchive(Effect):
    """Write the manifest of a closed shipment anew, because something was added to its file."""

    kind: ClassVar[str] = "archive.reseal"
    shipment_id: int
    once: str  #: what was added

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-reseal-{self.once}"


class TellDecisions(Effect):
    """One summary line for what a person decided within a short time, not one for each click."""

    WINDOW: ClassVar[int] = 20  #: seconds
    kind: ClassVar[str] = "slack.decisions"
    destination: ClassVar[str] = "slack"
    shipment_id: int
    actor_id: str
    window: int

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-decisions-{self.actor_id}-{self.window}"


class ShowQuarantine(Effect):
    """Show a mail in quarantine, or what was decided about it."""

    kind: ClassVar[str] = "slack.quarantine"
    destination: ClassVar[str] = "slack"
    quarantine_id: int
    standing: str

    def key(self) -> str:
        return f"quarantine-{self.quarantine_id}-{self.standing}"

    def lane(self) -> str:
        return f"quarantine:{self.quarantine_id}"


class SubmitExport(Effect):
    """File the EEI of an export that compliance approved. Never blindly repeated."""

    kind: ClassVar[str] = "gateway.export"
    destination: ClassVar[str] = "gateway"
    max_attempts: ClassVar[int] = 10_000
    export_id: int
    turn: int = 1

    def key(self) -> str:
        return f"export-{self.export_id}-submit" + (f"-{self.turn}" if self.turn > 1 else "")


class PollExport(Effect):
    """Ask the gateway what became of an export; each poll has a number of its own."""

    kind: ClassVar[str] = "gateway.export_status"
    destination: ClassVar[str] = "gateway"
    max_attempts: ClassVar[int] = 1
    export_id: int
    number: int

    def key(self) -> str:
        return f"export-{self.export_id}-poll-{self.number}"


class RespondEntry(Effect):
    """Send the authority or the filer a document that a broker decided to send on."""

    kind: ClassVar[str] = "gateway.respond"
    destination: ClassVar[str] = "gateway"
    max_attempts: ClassVar[int] = 1000
    shipment_id: int
    entry_id: int
    text: str
    documents: list[int]
    once: str

    def key(self) -> str:
        return f"entry-{self.entry_id}-respond-{self.once}"

    def lane(self) -> str:
        return f"gateway:{self.shipment_id}"


class AlertMail(Effect):
    """Tell the responsible person by mail that a filing does not get out."""

    kind: ClassVar[str] = "mail.outage"
    destination: ClassVar[str] = "mail"
    shipment_id: int
    entry_id: int

    def key(self) -> str:
        return f"entry-{self.entry_id}-outage-mail"


class AskAll(Effect):
    """One letter to the shipper with all that is missing, because a person asked for it now."""

    kind: ClassVar[str] = "mail.ask_all"
    destination: ClassVar[str] = "mail"
    shipment_id: int
    day: date
    asked_by: str

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-ask-all-{self.day.isoformat()}"

    def lane(self) -> str:
        return f"mail:{self.shipment_id}"


class ReadStatuses(Effect):
    """Look what a mail tells of the status of entries."""

    kind: ClassVar[str] = "statuses.read"
    message_id: int

    def key(self) -> str:
        return f"message-{self.message_id}-statuses"


class ShowLines(Effect):
    """Show all lines in the thread; changes within a minute are drawn together."""

    WINDOW: ClassVar[int] = 60  #: seconds
    kind: ClassVar[str] = "slack.lines"
    destination: ClassVar[str] = "slack"
    shipment_id: int
    window: int

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-lines-{self.window}"

    def lane(self) -> str:
        return f"slack-lines:{self.shipment_id}"


class TurnLines(Effect):
    """Show another page of all lines: somebody asked for it and waits."""

    kind: ClassVar[str] = "slack.lines_page"
    queue: ClassVar[str] = "face"
    destination: ClassVar[str] = "slack"
    shipment_id: int
    once: str  #: when it was asked for

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-lines-page-{self.once}"

    def lane(self) -> str:
        return f"slack-lines:{self.shipment_id}"


class RemoveFile(Effect):
    """Delete a file that was handed over to the workspace for a while."""

    kind: ClassVar[str] = "slack.remove"
    destination: ClassVar[str] = "slack"
    file: str  #: the workspace's id

    def key(self) -> str:
        return f"file-{self.file}-removed"


class TakeFile(Effect):
    """Take a file, or words, that a person put into a shipment's thread as its document."""

    kind: ClassVar[str] = "slack.file"
    destination: ClassVar[str] = "slack"
    shipment_id: int
    user: str
    file: str  #: the workspace's id; of words: channel and ts of the message
    words: str | None = None

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-file-{self.file}"

    def lane(self) -> str:
        return f"slack-file:{self.shipment_id}"


class ShowHome(Effect):
    """Draw somebody's Home anew; changes within a short time are drawn together."""

    WINDOW: ClassVar[int] = 5  #: seconds
    kind: ClassVar[str] = "slack.home"
    queue: ClassVar[str] = "face"
    destination: ClassVar[str] = "slack"
    max_attempts: ClassVar[int] = 3  #: the next change or look draws it again
    slack_user: str
    window: int

    def key(self) -> str:
        return f"home-{self.slack_user}-{self.window}"

    def lane(self) -> str:
        return f"slack-home:{self.slack_user}"


class TellDirect(Effect):
    """Tell one person something as a direct message, because they wish it so."""

    kind: ClassVar[str] = "slack.direct"
    queue: ClassVar[str] = "face"
    destination: ClassVar[str] = "slack"
    slack_user: str
    note: str
    once: str
    ref: str | None = None
    facts: dict[str, str | int | list[str] | None] = {}

    def key(self) -> str:
        return f"direct-{self.slack_user}-{self.note}-{self.once}"


class DeskDigest(Effect):
    """Somebody's queue as a direct message, at their time of the day."""

    kind: ClassVar[str] = "slack.digest"
    destination: ClassVar[str] = "slack"
    slack_user: str
    day: date

    def key(self) -> str:
        return f"desk-digest-{self.slack_user}-{self.day.isoformat()}"
