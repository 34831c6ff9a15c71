"""The PSAM slot: absent, ready, leased, pulled, foreign, back; with a manual clock and a slot one can reach into."""

import pytest

from firmware.card.identity import CardIdentity, Technology
from firmware.clock import ManualClock
from firmware.errors import CardLost, IllegalMove, SamBusy, SamChanged, SamLost
from firmware.sam.commands import SamIdentity, credit_for_purchase
from firmware.sam.psam import MOVES, Psam, SamEvent, SamState, run_with
from simulator.sam import open_sam

IDENTITY = SamIdentity(bytes.fromhex("00000000391000000123"), bytes.fromhex("391000000123"), 1)


class Slot:
    """A reader and its card in one; `sam` None: nothing is in it."""

    name = "slot"
    identity = CardIdentity(Technology.CONTACT, b"", b"")

    def __init__(self, sam=None):
        self.sam = sam

    def poll(self, seconds):
        if self.sam is None:
            return None
        self.sam.reset()
        return self

    def transmit(self, apdu, seconds):
        if self.sam is None:
            raise CardLost("pulled")
        return self.sam.answer(apdu).data

    def present(self):
        return self.sam is not None

    def release(self):
        pass

    def close(self):
        pass


@pytest.fixture
def slot():
    return Slot(open_sam("transit"))


@pytest.fixture
def psam(slot):
    return Psam(lambda: slot, ManualClock())


def look(psam):
    psam._clock.advance(1)
    return psam.tend()


def test_a_psam_is_found_and_tells_who_it_is(psam) -> None:
    assert look(psam) is SamState.READY
    assert (psam.identity, psam.epoch, psam.problem) == (IDENTITY, 1, None)


def test_an_empty_slot_has_nothing_to_lease(psam, slot) -> None:
    slot.sam = None
    assert look(psam) is SamState.ABSENT
    with pytest.raises(SamLost), psam.lease():
        raise AssertionError("nothing can be leased")


def test_a_leased_psam_is_nobody_elses(psam) -> None:
    look(psam)
    with psam.lease():
        assert psam.state is SamState.LEASED
        with pytest.raises(SamBusy), psam.lease():
            raise AssertionError("leased twice")
    assert psam.state is SamState.READY


def test_a_psam_pulled_in_its_lease_is_lost_and_found_again_in_a_new_epoch(psam, slot) -> None:
    look(psam)
    sam, slot.sam = slot.sam, None
    with pytest.raises(SamLost):
        run_with(psam, credit_for_purchase(bytes(4)))
    assert psam.state is SamState.ABSENT
    slot.sam = sam
    assert look(psam) is SamState.READY
    assert psam.epoch == 2


def test_a_psam_pulled_between_taps_is_noticed(psam, slot) -> None:
    look(psam)
    slot.sam = None
    assert look(psam) is SamState.ABSENT


def test_another_psam_is_refused_until_the_right_one_is_back(psam, slot) -> None:
    look(psam)
    right, slot.sam = slot.sam, None
    look(psam)
    slot.sam = open_sam("transit", number="00000000391000000999")
    assert look(psam) is SamState.CHANGED
    with pytest.raises(SamChanged), psam.lease():
        raise AssertionError("a foreign PSAM was leased")
    slot.sam = right
    assert look(psam) is SamState.READY
    assert psam.identity == IDENTITY


@pytest.mark.parametrize("state", SamState)
@pytest.mark.parametrize("event", SamEvent)
def test_a_move_that_the_table_lacks_is_refused(psam, state, event) -> None:
    psam.state = state
    if (state, event) in MOVES:
        psam._move(event)
        assert psam.state is MOVES[state, event]
    else:
        with pytest.raises(IllegalMove):
            psam._move(event)
