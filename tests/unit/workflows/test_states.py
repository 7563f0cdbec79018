"""The state machine: every state and event by the table, and no way around the broker."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Engine
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, create_engine

from storage.models import Shipment, State
from storage.values import AUTHORITY, SYSTEM, Actor, Role
from workflows import states
from workflows.states import TRANSITIONS, Refused

DANA = Actor(id="U1", name="Dana", role=Role.LICENSED_BROKER, licence="99001")
LUIS = Actor(id="U2", name="Luis", role=Role.ENTRY_WRITER)
PRIYA = Actor(id="U3", name="Priya", role=Role.COMPLIANCE)
VERA = Actor(id="U4", name="Vera", role=Role.VIEWER)
ALL_ACTORS = (DANA, LUIS, PRIYA, VERA, SYSTEM, AUTHORITY)

EVENTS = (
    states.Received(),
    states.Booked(),
    states.Proposed(),
    states.Joined(into="SHP-2026-000001"),
    states.Attached(into="SHP-2026-000001"),
    states.Confirm(entry_id=1, blockers=()),
    states.Reject(reason="wrong goods"),
    states.Reopen(),
    states.Cancel(reason="the importer withdrew"),
    states.Submitted(reference="R-1"),
    states.FiledByHand(reference="R-2"),
    states.Accepted(),
    states.Refusal(reason="value"),
    states.Held(reason="exam"),
    states.Released(),
    states.Lifted(),
    states.Close(),
)
ACTOR_FOR = {
    frozenset({Role.SYSTEM}): SYSTEM,
    frozenset({Role.AUTHORITY}): AUTHORITY,
    frozenset({Role.LICENSED_BROKER}): DANA,
    frozenset({Role.LICENSED_BROKER, Role.ENTRY_WRITER}): DANA,
}
TABLE = {(row.state, row.event): row for row in TRANSITIONS}


@cache
def _tables() -> Engine:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    SQLModel.metadata.create_all(engine)
    return engine


@pytest.fixture
def session():
    with Session(_tables()) as made:
        yield made
        made.rollback()  # so that the next one finds the tables empty


def shipment(session: Session, state: State) -> Shipment:
    made = Shipment(state=state, ref="SHP-2026-000001")
    session.add(made)
    session.flush()
    return made


@pytest.mark.parametrize("row", TRANSITIONS, ids=lambda r: f"{r.state.value}-{r.event.__name__}")
def test_each_row_of_the_table_does_what_it_says(session, row) -> None:
    made = shipment(session, row.state)
    event = next(one for one in EVENTS if type(one) is row.event)
    assert states.fire(session, made, event, actor=ACTOR_FOR[row.roles])
    assert made.state is row.to


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_what_the_table_does_not_know_changes_no_state(session, state, event) -> None:
    made = shipment(session, state)
    row = TABLE.get((state, type(event)))
    actor = AUTHORITY if event.from_authority else DANA
    try:
        done = states.fire(session, made, event, actor=actor)
    except Refused as exc:
        done = False
        assert "Nothing was" in str(exc)
    assert made.state is (row.to if row and done else state)


@pytest.mark.parametrize("event", [states.Held(reason="x"), states.Released(), states.Accepted()])
def test_an_unexpected_report_is_flagged_for_a_person(session, event) -> None:
    made = shipment(session, State.IN_REVIEW)
    assert states.fire(session, made, event, actor=AUTHORITY) is False
    assert made.state is State.IN_REVIEW
    assert "Please look" in made.attention


@pytest.mark.parametrize("actor", [LUIS, PRIYA, VERA, SYSTEM, AUTHORITY])
def test_nobody_but_a_licensed_broker_confirms(session, actor) -> None:
    made = shipment(session, State.IN_REVIEW)
    with pytest.raises(Refused, match="licensed broker"):
        states.fire(session, made, states.Confirm(entry_id=1, blockers=()), actor=actor)
    assert made.state is State.IN_REVIEW


def test_a_blocker_stops_the_broker_too(session) -> None:
    made = shipment(session, State.IN_REVIEW)
    with pytest.raises(Refused, match="The packing list is missing"):
        states.fire(
            session,
            made,
            states.Confirm(entry_id=1, blockers=("The packing list is missing.",)),
            actor=DANA,
        )


@pytest.mark.parametrize("actor", [DANA, LUIS, PRIYA, VERA, SYSTEM])
def test_nobody_but_the_authority_releases(session, actor) -> None:
    made = shipment(session, State.ACCEPTED)
    with pytest.raises(Refused):
        states.fire(session, made, states.Released(), actor=actor)
    assert made.state is State.ACCEPTED


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order, by whomever: filing needs the broker's Confirm."""

    @initialize()
    def begin(self) -> None:
        self.session = Session(_tables())
        self.shipment = shipment(self.session, State.BOOKED)
        self.confirms = 0
        self.submissions = 0

    @rule(event=st.sampled_from(EVENTS), actor=st.sampled_from(ALL_ACTORS))
    def happen(self, event, actor) -> None:
        before = self.shipment.state
        try:
            done = states.fire(self.session, self.shipment, event, actor=actor)
        except Refused:
            return
        if done and isinstance(event, states.Confirm):
            assert actor.role is Role.LICENSED_BROKER
            self.confirms += 1
        if self.shipment.state is State.SUBMITTED and before is not State.SUBMITTED:
            self.submissions += 1

    @invariant()
    def never_filed_without_the_broker(self) -> None:
        if hasattr(self, "confirms"):
            assert self.submissions <= self.confirms

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.rollback()  # so that the next run finds the tables empty
            self.session.close()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=30, stateful_step_count=25, suppress_health_check=list(HealthCheck)
)


def test_only_one_place_assigns_a_shipments_state() -> None:
    root = Path(states.__file__).parent.parent
    assigning = [
        path.name
        for room in ("bot", "ingest", "workflows", "knowledge", "storage")
        for path in (root / room).rglob("*.py")
        if "shipment.state =" in path.read_text() or "shipment.state, " in path.read_text()
    ]
    assert assigning == ["states.py"]
