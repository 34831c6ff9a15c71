import pytest

from firmware.errors import IllegalMove
from simulator.cards.machine import MOVES, Event, State, move

LEGAL = {
    (State.CAPP_READY, Event.CACHE): State.CAPP_CACHED,
    (State.CAPP_CACHED, Event.CACHE): State.CAPP_CACHED,
    (State.PURCHASE_READY, Event.DEBIT): State.IDLE,
    (State.CAPP_CACHED, Event.DEBIT): State.IDLE,
    (State.LOAD_READY, Event.CREDIT): State.IDLE,
}
ALWAYS = {
    Event.OTHER: State.IDLE,
    Event.INIT_LOAD: State.LOAD_READY,
    Event.INIT_PURCHASE: State.PURCHASE_READY,
    Event.INIT_CAPP: State.CAPP_READY,
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_of_state_and_event_moves_as_the_specification_says_or_is_illegal(state, event):
    expected = ALWAYS.get(event) or LEGAL.get((state, event))
    if expected is None:
        with pytest.raises(IllegalMove) as caught:
            move(state, event)
        assert (caught.value.state, caught.value.event) == (state, event)
    else:
        assert move(state, event) is expected


def test_no_state_is_a_dead_end_and_every_state_is_reached():
    assert {state for state, _ in MOVES} == set(State)
    assert set(MOVES.values()) == set(State)
