import io
import threading

from firmware.card.exchange import Signal, View
from firmware.panel import screen
from firmware.panel.screen import SIGNS, Painter, TextScreen

PAID = View(Signal.PASS, "paid", {"amount_fen": 200, "balance_fen": 9800})
READY = View(Signal.READY, "ready")


def test_a_view_is_a_sign_and_its_lines():
    assert [TextScreen(io.StringIO(), language).lines(PAID) for language in ("zh-CN", "en")] == [
        ["✔ 扣款 2.00 元", "  余额 98.00 元"],
        ["✔ Paid 2.00 yuan", "  Balance 98.00 yuan"],
    ]


def test_every_signal_has_a_sign_of_its_own():
    assert (set(SIGNS), len(set(SIGNS.values()))) == (set(Signal), len(Signal))


def test_a_screen_writes_whole_lines():
    stream = io.StringIO()
    TextScreen(stream, "en").show(READY)
    assert stream.getvalue() == "○ Please tap your card\n"


def test_a_painter_shows_every_view_in_order_before_it_closes():
    stream = io.StringIO()
    painter = Painter(TextScreen(stream, "en"))
    for view in (READY, PAID, READY):
        painter.show(view)
    painter.close()
    painter.close()
    assert stream.getvalue().splitlines() == [
        "○ Please tap your card",
        "✔ Paid 2.00 yuan",
        "  Balance 98.00 yuan",
        "○ Please tap your card",
    ]


class Broken(io.StringIO):
    """The first write fails as a closed pipe does."""

    failed = False

    def write(self, text):
        if not self.failed:
            self.failed = True
            raise BrokenPipeError
        return super().write(text)


def test_a_screen_that_fails_is_logged_and_tried_again_with_the_next_view(caplog):
    stream = Broken()
    painter = Painter(TextScreen(stream, "en"))
    painter.show(PAID)
    painter.show(View(Signal.READY, "no-such-text"))
    painter.show(READY)
    painter.close()
    assert (stream.getvalue(), [message.split(" error=")[0] for message in caplog.messages]) == (
        "○ Please tap your card\n",
        ["screen-failed message=paid", "screen-failed message=no-such-text"],
    )


def test_letters_that_a_console_cannot_write_stop_nobody(caplog):
    with io.TextIOWrapper(io.BytesIO(), encoding="ascii") as stream:
        painter = Painter(TextScreen(stream, "zh-CN"))
        painter.show(READY)
        painter.close()
    assert [message.split(" error=")[0] for message in caplog.messages] == ["screen-failed message=ready"]


def test_a_stalled_screen_holds_nobody_up(monkeypatch, caplog):
    monkeypatch.setattr(screen, "BACKLOG", 2)
    monkeypatch.setattr(screen, "LAST_LINES_SECONDS", 0.01)
    reached, free = threading.Event(), threading.Event()

    class Stalled:
        def show(self, view):
            reached.set()
            assert free.wait(10)

    painter = Painter(Stalled())
    painter.show(READY)
    assert reached.wait(10)
    for _ in range(4):
        painter.show(PAID)
    painter.close()
    free.set()
    assert caplog.messages == ["screen-behind message=paid"] * 2
