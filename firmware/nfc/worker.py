"""A thread that makes blocking calls for us and is left behind when one does not return.

PC/SC has no time limits: a mute device blocks its caller for ever, and so does any attempt to cancel or disconnect it.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from firmware.errors import ReaderMute

T = TypeVar("T")


class _Outcome(Generic[T]):
    """What came of a call: a value or an error."""

    __slots__ = ("_error", "_value")

    def __init__(self, work: Callable[[], T]) -> None:
        self._error: BaseException | None = None
        try:
            self._value = work()
        except BaseException as error:  # noqa: BLE001 - handed to the caller in its own thread
            self._error = error

    def get(self) -> T:
        if self._error is not None:
            raise self._error
        return self._value


class Worker:
    """Does one call at a time. After a late one it takes no more, finishes, cleans up and ends by itself."""

    def __init__(self, name: str, clean_up: Callable[[], None]) -> None:
        self._calls: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._outcomes: SimpleQueue[_Outcome[object]] = SimpleQueue()
        self._clean_up = clean_up
        self._turn = threading.Lock()
        self._late = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def stuck(self) -> bool:
        """Whether a late call has still not returned."""
        return self._late and self._thread.is_alive()

    @property
    def usable(self) -> bool:
        """Whether it takes calls."""
        return not self._late and self._thread.is_alive()

    def call(self, work: Callable[[], T], seconds: float) -> T:
        """The value or error of `work`, done by the worker. Raises ReaderMute when it takes longer than that."""
        with self._turn:
            if not self.usable:
                raise ReaderMute("the reader has not come back from an earlier command")
            self._calls.put(work)
            try:
                outcome = self._outcomes.get(timeout=seconds)
            except Empty:
                self._late = True
                self._calls.put(None)
                raise ReaderMute(f"the reader did not answer within {seconds:.1f} s") from None
        return outcome.get()  # type: ignore[return-value]  # the queue carries the outcome of this very call

    def stop(self, seconds: float) -> None:
        """Let it clean up and end; wait for that so long."""
        self._calls.put(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while (work := self._calls.get()) is not None:
            self._outcomes.put(_Outcome(work))
        self._clean_up()
