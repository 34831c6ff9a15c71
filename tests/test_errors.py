import pickle

import pytest

from firmware import errors
from firmware.card.status import StatusWord


def tree(root):
    return [root, *(leaf for child in root.__subclasses__() for leaf in tree(child))]


OURS = [kind for kind in tree(errors.RongtongError) if kind.__module__ == errors.__name__]


def test_every_error_is_drawn_at_the_top_of_its_module():
    assert [kind.__name__ for kind in OURS if kind.__name__ not in errors.__doc__] == []


def test_codes_are_unique_because_logs_and_telemetry_are_searched_by_them():
    codes = [kind.code for kind in OURS]
    assert sorted(set(codes)) == sorted(codes)


def test_the_drawing_marks_exactly_the_transient_errors():
    lines = [line for line in errors.__doc__.splitlines() if "── " in line and "(transient)" in line]
    drawn = {line.split("── ")[1].split()[0] for line in lines}
    assert {kind.__name__ for kind in OURS if kind.transient} == drawn


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_error_says_what_a_person_should_do(kind):
    assert kind.remedy.endswith(".")


def test_errors_name_the_facts_in_one_sentence():
    assert [
        str(errors.ConfigurationError("transit.fare_fen", "is missing")),
        str(errors.ConfigurationError("", "the file is empty")),
        str(errors.CardRefused(StatusWord.FILE_NOT_FOUND, "reading the balance")),
        str(errors.SamRefused(StatusWord(0x6F12), "MAC1")),
        str(errors.IllegalMove("open", "close")),
    ] == [
        "transit.fare_fen: is missing",
        "the file is empty",
        "the card refused reading the balance with 6A82 (FILE_NOT_FOUND)",
        "the PSAM refused MAC1 with 6F12",
        "no move from open on close",
    ]


def test_a_plain_error_travels_between_processes_whole():
    copy = pickle.loads(pickle.dumps(errors.CardLost("gone")))
    assert (type(copy), copy.args) == (errors.CardLost, ("gone",))
