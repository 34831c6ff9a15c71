from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.card.status import StatusWord
from simulator.cards.files import LogRecord, process_record
from simulator.cards.machine import State
from simulator.cards.profiles import PROFILES, card_identity, open_card
from simulator.cards.purse import PurseCard
from simulator.cards.state import MAC_TRIES, Lock, Proof, PurseState
from simulator.crypto import Algorithm, PurchaseData, secure_mac
from simulator.keys import expected_tac
from simulator.memory import Memory
from simulator.sam import PSAM_NUMBER, Sam, SamState, open_sam
from tests.simulator.terminal import SELECT_PURSE, TERMINAL, TIME, Tap, demand, journey, say

AMOUNT = "000000B4"
INIT_LOAD = f"805000020B01{AMOUNT}39100000012310"
INIT_PURCHASE = f"805001020B01{AMOUNT}3910000001230F"
INIT_CAPP = f"805003020B01{AMOUNT}3910000001230F"
CACHE = "80DC00F030" + "00" * 48
DEBIT = "805401000F" + "00" * 11 + "00000000" + "08"
CREDIT = "805200000B" + "00" * 7 + "00000000" + "04"


def vector_card(algorithm=Algorithm.TRIPLE_DES, *, overdraft=0, **changes):
    """The card of the published vectors: its randomness is A1B2C3D4, its counters are 7 and 2, its balance 10.00."""
    card = PROFILES["adult"].card
    made = open_card("adult").state
    state = replace(made, balance=1000, overdraft=overdraft, offline_sequence=7, online_sequence=2, **changes)
    device = PurseCard(
        card_identity(card, "A"),
        card,
        Memory(state, "test"),
        algorithm=algorithm,
        random=lambda size: bytes.fromhex("A1B2C3D4A1B2C3D4")[:size],
    )
    demand(device, SELECT_PURSE)
    return device


def vector_sam():
    return Sam(open_sam("transit").identity, PSAM_NUMBER, Memory(SamState(0x0001E240), "test"))


# What the specification's vectors say, byte by byte


@pytest.mark.parametrize(
    ("algorithm", "p1", "mac1", "answer", "number"),
    [
        (Algorithm.TRIPLE_DES, "01", "C9FEFD96", "1AA46F06900AE0A9", "00"),
        (Algorithm.TRIPLE_DES, "03", "68BFC448", "3ED18F90900AE0A9", "00"),
        (Algorithm.SM4, "01", "9DF5A22D", "265695DEB713CCF6", "04"),
        (Algorithm.SM4, "03", "7FFAEEA8", "9B732B75B713CCF6", "04"),
    ],
)
def test_a_purchase_answers_with_the_published_macs_and_changes_everything_at_once(algorithm, p1, mac1, answer, number):
    card = vector_card(algorithm)
    before = card.state
    kind = 0x09 if p1 == "03" else 0x06
    init = demand(card, f"8050{p1}020B01{AMOUNT}3910000001230F")
    assert init == bytes.fromhex("000003E8" + "0007" + "000000" + "01" + number + "A1B2C3D4")
    if p1 == "03":
        demand(card, bytes.fromhex("80DC00F030") + journey(820))
    assert demand(card, f"805401000F0001E24020261123081530{mac1}08") == bytes.fromhex(answer)
    record = LogRecord(8, 0, 180, kind, TERMINAL.hex(), TIME.hex())
    expected = replace(
        before,
        balance=820,
        offline_sequence=8,
        contents={
            **before.contents,
            0x18: (record.to_bytes(),),
            0x1E: (journey(820),) if p1 == "03" else (),
        },
        proof=Proof(kind, 8, bytes.fromhex(answer[8:]), bytes.fromhex(answer[:8])),
    )
    assert (card.state, card.machine) == (expected, State.IDLE)


def test_the_log_record_has_the_layout_of_file_18():
    card = vector_card()
    Tap(card, vector_sam()).run()
    expected = bytes.fromhex("0008" + "000000" + "000000B4" + "09" + "391000000123" + "20261123" + "081530")
    assert demand(card, "00B201C417") == expected


@pytest.mark.parametrize(
    ("algorithm", "number", "mac1", "mac2", "tac"),
    [
        (Algorithm.TRIPLE_DES, "00", "747DD397", "12BB2CE8", "963AC062"),
        (Algorithm.SM4, "04", "5324523A", "F889E370", "9FFDC61A"),
    ],
)
def test_a_load_answers_with_the_published_macs(algorithm, number, mac1, mac2, tac):
    card = vector_card(algorithm)
    init = demand(card, "805000020B010000138839100000012310")
    assert init == bytes.fromhex("000003E8" + "0002" + "01" + number + "A1B2C3D4" + mac1)
    assert demand(card, f"805200000B20261123090000{mac2}04") == bytes.fromhex(tac)
    record = LogRecord(3, 0, 5000, 0x02, TERMINAL.hex(), "20261123090000")
    assert (card.balance, card.state.online_sequence, card.offline_sequence, card.records) == (6000, 3, 7, (record,))
    assert demand(card, "805A000202000308") == bytes.fromhex(mac2 + tac)


def test_the_published_block_mac_blocks_and_reading_goes_on():
    card = vector_card()
    demand(card, "0084000004")
    demand(card, "841E00000424FC45C8")
    fci, sw = say(card, SELECT_PURSE)
    assert (sw, fci[:12]) == (StatusWord.APPLICATION_BLOCKED, bytes.fromhex("6F3E8408A000000632010105"))
    assert len(demand(card, "00B095001E")) == 30
    assert say(card, INIT_CAPP) == (b"", StatusWord.CONDITIONS_NOT_SATISFIED)


# Whole purchases with a PSAM


@pytest.mark.parametrize("algorithm", ["3DES", "SM4"])
@pytest.mark.parametrize("technology", ["A", "B"])
@pytest.mark.parametrize("p1", [0x01, 0x03])
def test_card_and_psam_agree_on_a_whole_purchase_and_the_host_agrees_on_its_tac(algorithm, technology, p1):
    card, sam = open_card("adult", algorithm=algorithm, technology=technology), open_sam("transit")
    tap = Tap(card, sam, p1=p1).run()
    done = PurchaseData(180, tap.type, TERMINAL, 1, TIME)
    tac = expected_tac(Algorithm(algorithm), card.numbers.issuer_id, card.numbers.number, done)
    assert (tap.tac, card.balance, card.offline_sequence, sam.sequence) == (tac, 4820, 1, 2)
    assert card.journeys == ((tap.record,) if p1 == 0x03 else ())
    assert demand(card, bytes((0x80, 0x5A, 0, tap.type, 2, 0, 1, 8))) == tap.mac2 + tap.tac


def test_a_bus_record_of_file_1a_becomes_valid_with_the_debit():
    card, sam = open_card("adult"), open_sam("transit")
    tap = Tap(card, sam)
    boarded = process_record(2)[:14] + b"\x01" + bytes(113)
    for step in tap.steps[:3]:
        step()
    demand(card, bytes.fromhex("80DC02D080") + boarded)
    tap.cache()
    assert card.state.contents[0x1A] == (process_record(1), process_record(2))
    tap.debit()
    assert card.state.contents[0x1A] == (process_record(1), boarded)


def test_a_second_update_of_the_same_record_takes_the_place_of_the_first():
    card, sam = open_card("adult"), open_sam("transit")
    tap = Tap(card, sam)
    for step in (*tap.steps[:3], lambda: demand(card, CACHE), tap.cache, tap.debit):
        step()
    assert card.journeys == (tap.record,)


def test_amount_zero_is_a_purchase_like_any_other():
    card, sam = open_card("empty"), open_sam("transit")
    tap = Tap(card, sam, amount=0).run()
    assert (card.balance, card.offline_sequence, len(tap.tac)) == (0, 1, 4)


def test_files_18_and_1e_keep_their_newest_records_only():
    card, sam = open_card("adult"), open_sam("transit")
    for number in range(32):
        Tap(card, sam, amount=number).run()
    assert [record.amount for record in card.records] == list(range(31, 21, -1))
    assert [int.from_bytes(raw[17:21], "big") for raw in card.journeys] == list(range(31, 1, -1))


# Torn cards


@pytest.mark.parametrize("algorithm", ["3DES", "SM4"])
@pytest.mark.parametrize("obeyed", [True, False], ids=["answer lost", "command lost"])
@pytest.mark.parametrize("torn_at", range(6))
def test_a_card_torn_at_any_command_shows_everything_or_nothing_and_proves_it(algorithm, obeyed, torn_at):
    card, sam = open_card("adult", algorithm=algorithm), open_sam("transit")
    tap = Tap(card, sam)
    before = card.state
    for step in tap.steps[: torn_at + obeyed]:
        step()
    card.reset()
    debited = torn_at + obeyed > tap.steps.index(tap.debit)
    demand(card, SELECT_PURSE)
    proof = say(card, "805A000902000108")
    if debited:
        assert proof == (tap.mac2 + tap.tac, StatusWord.OK)
        assert (card.balance, card.offline_sequence, len(card.records), len(card.journeys)) == (4820, 1, 1, 1)
    else:
        assert proof == (b"", StatusWord.PROOF_NOT_AVAILABLE)
        assert card.state == before
    assert card.machine is State.IDLE


def test_a_proof_is_given_for_the_last_transaction_only():
    card, sam = open_card("adult"), open_sam("transit")
    Tap(card, sam).run()
    asked = ("805A000902000108", "805A000602000108", "805A000902000208", "805A000902000008")
    statuses = [say(card, apdu)[1] for apdu in asked]
    assert statuses == [StatusWord.OK, *[StatusWord.PROOF_NOT_AVAILABLE] * 3]


# The state table, through commands

PREPARATIONS = {
    State.IDLE: (),
    State.LOAD_READY: (INIT_LOAD,),
    State.PURCHASE_READY: (INIT_PURCHASE,),
    State.CAPP_READY: (INIT_CAPP,),
    State.CAPP_CACHED: (INIT_CAPP, CACHE),
}
INITS = {INIT_LOAD: State.LOAD_READY, INIT_PURCHASE: State.PURCHASE_READY, INIT_CAPP: State.CAPP_READY}
OTHERS = (SELECT_PURSE, "805C030204", "0084000004", "00B095001E", "00B201D400", "805A000902000108", "00FF0000", "00")


def card_in(state):
    card = open_card("adult")
    demand(card, SELECT_PURSE)
    for apdu in PREPARATIONS[state]:
        demand(card, apdu)
    assert card.machine is state
    return card


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("apdu", INITS)
def test_initialize_begins_anew_in_every_state(state, apdu):
    card = card_in(state)
    demand(card, apdu)
    assert card.machine is INITS[apdu]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("apdu", OTHERS)
def test_any_other_command_leads_back_to_idle_and_changes_nothing(state, apdu):
    card = card_in(state)
    before = card.state
    say(card, apdu)
    assert (card.machine, card.state) == (State.IDLE, before)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(
    ("apdu", "legal"),
    [
        (CACHE, {State.CAPP_READY, State.CAPP_CACHED}),
        (DEBIT, {State.PURCHASE_READY, State.CAPP_CACHED}),
        (CREDIT, {State.LOAD_READY}),
    ],
    ids=["cache", "debit", "credit"],
)
def test_a_step_out_of_order_is_not_accepted_and_leads_back_to_idle(state, apdu, legal):
    card = card_in(state)
    before = card.state
    _, sw = say(card, apdu)
    if state not in legal:
        assert (sw, card.machine, card.state) == (StatusWord.COMMAND_NOT_ACCEPTED, State.IDLE, before)
    elif apdu is CACHE:
        assert (sw, card.machine, card.state) == (StatusWord.OK, State.CAPP_CACHED, before)
    else:
        wrong = replace(before, mac_tries=MAC_TRIES - 1)
        assert (sw, card.machine, card.state) == (StatusWord.MAC_INVALID, State.IDLE, wrong)


def test_what_was_cached_is_dropped_with_its_purchase():
    card, sam = open_card("adult"), open_sam("transit")
    tap = Tap(card, sam, p1=0x01)
    demand(card, SELECT_PURSE)
    demand(card, INIT_CAPP)
    demand(card, CACHE)
    tap.run()
    assert card.journeys == ()


# Refusals


@pytest.mark.parametrize(
    ("apdu", "status"),
    [
        ("805003020B01000013893910000001230F", StatusWord.INSUFFICIENT_FUNDS),
        ("805003020B02000000B43910000001230F", StatusWord.KEY_INDEX_NOT_SUPPORTED),
        ("805003010B01000000B43910000001230F", StatusWord.WRONG_P1_P2),
        ("805002020B01000000B43910000001230F", StatusWord.WRONG_P1_P2),
        ("805003020A01000000B439100000010F", StatusWord.WRONG_LENGTH),
        ("805003020B01000000B439100000012310", StatusWord.WRONG_LENGTH),
        ("805000020B017FFFFFFF39100000012310", StatusWord.CONDITIONS_NOT_SATISFIED),
        ("805C020204", StatusWord.WRONG_P1_P2),
        ("805C030104", StatusWord.WRONG_P1_P2),
        ("805C030205", StatusWord.WRONG_LENGTH),
        ("805A010902000108", StatusWord.WRONG_P1_P2),
        ("805A00090100", StatusWord.WRONG_LENGTH),
        ("0084000005", StatusWord.WRONG_LENGTH),
        ("0084000104", StatusWord.WRONG_P1_P2),
        ("841E000204FFFFFFFF", StatusWord.WRONG_P1_P2),
        ("8418000104FFFFFFFF", StatusWord.WRONG_P1_P2),
        ("841E000004FFFFFFFF", StatusWord.CONDITIONS_NOT_SATISFIED),
        ("841E000003FFFFFF", StatusWord.WRONG_LENGTH),
        ("00D6950001FF", StatusWord.SECURITY_STATUS_NOT_SATISFIED),
        ("00DC01D401FF", StatusWord.SECURITY_STATUS_NOT_SATISFIED),
        ("04DC01F404FFFFFFFF", StatusWord.SECURITY_STATUS_NOT_SATISFIED),
        ("04DC01C404FFFFFFFF", StatusWord.SECURITY_STATUS_NOT_SATISFIED),
        ("04DC01D004FFFFFFFF", StatusWord.WRONG_P1_P2),
        ("04D6950004FFFFFFFF", StatusWord.CONDITIONS_NOT_SATISFIED),
        ("807000000100", StatusWord.INS_NOT_SUPPORTED),
        ("005003020B", StatusWord.CLA_NOT_SUPPORTED),
        ("FFCA000000", StatusWord.CLA_NOT_SUPPORTED),
        ("00B29AC400", StatusWord.RECORD_NOT_FOUND),
        ("00B203D400", StatusWord.RECORD_NOT_FOUND),
        ("00B2010C00", StatusWord.FILE_NOT_FOUND),
        ("805003", StatusWord.WRONG_LENGTH),
    ],
)
def test_a_wrong_command_is_refused_with_its_own_status_word_and_changes_nothing(apdu, status):
    card = open_card("adult")
    demand(card, SELECT_PURSE)
    before = card.state
    assert say(card, apdu) == (b"", status)
    assert card.state == before


@pytest.mark.parametrize(
    ("apdu", "status"),
    [
        ("80DC02D080" + "00" * 128, StatusWord.WRONG_DATA),
        ("80DC05D080" + "00" * 128, StatusWord.RECORD_NOT_FOUND),
        ("80DC02D07F" + "00" * 127, StatusWord.WRONG_LENGTH),
        ("80DC01F030" + "00" * 48, StatusWord.WRONG_P1_P2),
        ("80DC00F430" + "00" * 48, StatusWord.WRONG_P1_P2),
        ("80DC00B81E" + "00" * 30, StatusWord.SECURITY_STATUS_NOT_SATISFIED),
        ("80DC001030" + "00" * 48, StatusWord.FILE_NOT_FOUND),
    ],
)
def test_a_wrong_update_of_the_cache_ends_the_purchase(apdu, status):
    card = card_in(State.CAPP_READY)
    assert say(card, apdu) == (b"", status)
    assert card.machine is State.IDLE


@pytest.mark.parametrize(("state", "apdu"), [(State.CAPP_CACHED, "805400000F"), (State.LOAD_READY, "805201000B")])
def test_a_wrong_parameter_of_debit_or_credit_ends_the_transaction(state, apdu):
    card = card_in(state)
    size = int(apdu[-2:], 16)
    assert say(card, bytes.fromhex(apdu) + bytes(size)) == (b"", StatusWord.WRONG_P1_P2)
    assert card.machine is State.IDLE


@pytest.mark.parametrize("apdu", [INIT_CAPP, "805C030204", "841E000004FFFFFFFF", "04D6950004FFFFFFFF"])
def test_the_purse_must_be_selected_first(apdu):
    assert say(open_card("adult"), apdu) == (b"", StatusWord.CONDITIONS_NOT_SATISFIED)


def test_counters_at_their_end_begin_nothing():
    at_end = vector_card()
    at_end._memory.commit(replace(at_end.state, offline_sequence=0xFFFF, online_sequence=0xFFFF))
    assert say(at_end, INIT_CAPP) == (b"", StatusWord.COUNTER_AT_MAXIMUM)
    assert say(at_end, INIT_LOAD) == (b"", StatusWord.COUNTER_AT_MAXIMUM)


# Overdraft


def test_the_overdraft_can_be_spent_and_is_told_apart_from_own_money():
    card, sam = vector_card(overdraft=800), vector_sam()
    ask = ("805C000204", "805C010204", "805C030204")
    assert [int.from_bytes(demand(card, apdu), "big") for apdu in ask] == [1800, 800, 1000]
    assert demand(card, INIT_CAPP)[:9] == bytes.fromhex("00000708" + "0007" + "000320")
    Tap(card, sam, amount=1800).run()
    assert card.balance == -800
    assert [int.from_bytes(demand(card, apdu), "big") for apdu in ask] == [0, 800, 0]
    assert say(card, INIT_CAPP) == (b"", StatusWord.INSUFFICIENT_FUNDS)


# MACs that count


def test_three_wrong_macs_in_a_row_block_the_application_and_three_more_for_ever():
    card = open_card("adult")
    for _ in range(3):
        demand(card, SELECT_PURSE)
        demand(card, INIT_PURCHASE)
        assert say(card, DEBIT) == (b"", StatusWord.MAC_INVALID)
    assert say(card, SELECT_PURSE)[1] == StatusWord.APPLICATION_BLOCKED
    for _ in range(3):
        demand(card, "0084000004")
        assert say(card, "841800000400000000") == (b"", StatusWord.MAC_INVALID)
    assert say(card, "805C030204") == (b"", StatusWord.APPLICATION_LOCKED)
    card.reset()
    assert say(card, SELECT_PURSE) == (b"", StatusWord.APPLICATION_LOCKED)
    assert (card.state.lock, card.balance) == (Lock.PERMANENT, 5000)


def test_a_right_mac_gives_the_tries_back():
    card, sam = open_card("adult"), open_sam("transit")
    demand(card, SELECT_PURSE)
    demand(card, INIT_PURCHASE)
    say(card, DEBIT)
    assert card.state.mac_tries == 2
    Tap(card, sam).run()
    assert card.state.mac_tries == 3


def secured(card, header, data, key):
    """A command under a MAC, of a fresh challenge of the card (§3.1)."""
    challenge = demand(card, "0084000004")
    command = bytes.fromhex(header) + bytes((len(data) + 4,)) + data
    return command + secure_mac(card.algorithm, key, challenge, command)


@pytest.mark.parametrize("algorithm", ["3DES", "SM4"])
def test_block_unblock_and_permanent_block_follow_each_other(algorithm):
    card = open_card("adult", algorithm=algorithm)
    demand(card, SELECT_PURSE)
    demand(card, secured(card, "841E0000", b"", card.keys.block))
    assert say(card, INIT_CAPP) == (b"", StatusWord.CONDITIONS_NOT_SATISFIED)
    demand(card, secured(card, "84180000", b"", card.keys.block))
    demand(card, INIT_CAPP)
    demand(card, secured(card, "841E0001", b"", card.keys.block))
    assert say(card, SELECT_PURSE) == (b"", StatusWord.APPLICATION_LOCKED)


@pytest.mark.parametrize("algorithm", ["3DES", "SM4"])
def test_files_are_written_under_a_mac_and_the_fci_follows_file_15(algorithm):
    card = open_card("adult", algorithm=algorithm)
    demand(card, SELECT_PURSE)
    demand(card, secured(card, "04D69518", bytes.fromhex("20501231"), card.keys.write))
    assert demand(card, "00B0951804") == bytes.fromhex("20501231")
    assert demand(card, SELECT_PURSE)[-30:] == demand(card, "00B095001E")
    record = process_record(2)[:5] + b"\x01" + bytes(122)
    demand(card, secured(card, "04DC02D4", record, card.keys.write))
    assert demand(card, "00B202D400") == record


def test_a_wrong_mac_or_a_used_challenge_writes_nothing():
    card = open_card("adult")
    demand(card, SELECT_PURSE)
    before = card.state
    command = secured(card, "04D69518", bytes(4), card.keys.block)
    assert say(card, command) == (b"", StatusWord.SM_OBJECT_WRONG)
    right = secured(card, "04D69518", bytes(4), card.keys.write)
    demand(card, "805C030204")
    assert say(card, right) == (b"", StatusWord.CONDITIONS_NOT_SATISFIED)
    assert card.state == replace(before, mac_tries=2)


@pytest.mark.parametrize(
    ("header", "data", "status"),
    [
        ("04D6951D", bytes(4), 0x6B00),
        ("04D69A00", bytes(4), 0x6981),
        ("04DC01AC", bytes(4), 0x6981),
        ("04DC02D4", bytes(4), StatusWord.WRONG_LENGTH),
        ("04DC03D4", bytes(128), StatusWord.RECORD_NOT_FOUND),
    ],
)
def test_writing_where_nothing_is_ends_with_the_status_word_of_files(header, data, status):
    card = open_card("adult")
    demand(card, SELECT_PURSE)
    before = card.state
    assert say(card, secured(card, header, data, card.keys.write)) == (b"", status)
    assert card.state == before


def test_a_memory_that_cannot_be_written_is_a_memory_failure_and_moves_no_money(tmp_path):
    directory = tmp_path / "gone"
    directory.mkdir()
    card, sam = open_card("adult", directory / "card.json"), open_sam("transit")
    directory.rmdir()
    tap = Tap(card, sam)
    for step in tap.steps[:-2]:
        step()
    assert say(card, tap.debit_command()) == (b"", StatusWord.MEMORY_FAILURE)
    assert (card.balance, card.machine) == (5000, State.IDLE)


# Whatever comes

WORDS = [INIT_LOAD, INIT_PURCHASE, INIT_CAPP, CACHE, DEBIT, CREDIT, *OTHERS]
APDUS = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([bytes.fromhex(word) for word in WORDS]),
    st.builds(
        lambda cla, ins, rest: bytes((cla, ins)) + rest,
        st.sampled_from([0x00, 0x04, 0x80, 0x84]),
        st.sampled_from([0xA4, 0xB0, 0xB2, 0x84, 0x5C, 0x50, 0xDC, 0x54, 0x52, 0x5A, 0x1E, 0x18, 0xD6, 0xC0]),
        st.binary(max_size=24),
    ),
)


@given(st.lists(APDUS, max_size=12), st.integers(0, 1500), st.sampled_from([0, 800]))
def test_whatever_bytes_come_the_card_answers_and_debits_and_balance_add_up_to_the_start(apdus, amount, overdraft):
    card, sam = vector_card(overdraft=overdraft), vector_sam()
    for apdu in apdus:
        assert len(card.answer(apdu).data) >= 2
    if amount <= card.state.available and card.state.lock is Lock.NONE:
        Tap(card, sam, amount=amount).run()
    for apdu in apdus:
        assert len(card.answer(apdu).data) >= 2
    assert card.balance + sum(record.amount for record in card.records) == 1000
    assert card.balance >= -overdraft
    assert card.offline_sequence == 7 + len(card.records)


@given(st.lists(APDUS, max_size=12))
def test_whatever_bytes_come_the_psam_answers_and_its_sequence_never_falls(apdus):
    sam = vector_sam()
    demand(sam, "00A40000028011")
    for apdu in apdus:
        before = sam.sequence
        assert len(sam.answer(apdu).data) >= 2
        assert sam.sequence >= before


def test_a_fresh_card_is_idle_and_untouched():
    card = open_card("adult")
    assert (card.machine, card.state) == (State.IDLE, PurseState(5000, card.state.contents))
