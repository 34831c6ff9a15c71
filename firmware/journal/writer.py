"""The journal's one writer: rows are queued, chained and committed together; a ticket tells when one is on the disk."""

import queue
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from types import TracebackType

import msgspec

from firmware import clock as clocks
from firmware import logs
from firmware.card.exchange import Entry
from firmware.clock import Clock
from firmware.errors import InternalError, JournalError, RongtongError
from firmware.journal.chain import Column, Row
from firmware.journal.chainfile import ChainFile, Content
from firmware.journal.reader import Identity, JournalReader

#: A row that is not on the disk by then never will be; above any pause of a worn SD card.
WAIT_SECONDS = 30.0
#: The writer tidies up after this long without work, so that a tap seldom has to.
IDLE_SECONDS = 2.0
#: A topic's last word.
EVENT_KIND = re.compile(r"[a-z][a-z0-9-]{0,31}")
log = logs.instrument(__name__)


class Ticket:
    """A row on its way to the disk."""

    __slots__ = ("_done", "_error", "_help", "content")

    def __init__(self, content: Content, help_writing: Callable[[], None]) -> None:
        self.content = content
        self._help = help_writing
        self._error: RongtongError | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def wait(self) -> None:
        """Return when the row is durable; raise the JournalError that prevents it."""
        self._help()
        if not self._done.acquire(timeout=WAIT_SECONDS):
            raise JournalError(f"the disk did not take a row within {WAIT_SECONDS:.0f} s")
        self._done.release()
        if self._error is not None:
            raise self._error

    def settle(self, error: RongtongError | None) -> None:
        """Say how it ended: called once, by whoever wrote."""
        self._error = error
        self._done.release()


class Word(Enum):
    """What the writer's thread is told."""

    WRITE = "write"
    STOP = "stop"


class Journal:
    """journal.db, opened for the process that alone writes it. Threads may share it.

    `on_commit` are called by the writer's thread after rows became durable; they must not take long.
    """

    def __init__(self, file: ChainFile, reader: JournalReader, clock: Clock) -> None:
        self.on_commit: list[Callable[[], None]] = []
        self._file = file
        self._reader = reader
        self._clock = clock
        self._waiting: deque[Ticket] = deque()
        self._words: queue.SimpleQueue[Word] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, path: Path, *, terminal_id: str, clock: Clock) -> "Journal":
        """Open or create the journal of a terminal.

        Raises JournalUnsafe when a power cut could lose rows, JournalCorrupt when the end of the chain is broken,
        JournalReadOnly, JournalFull, or JournalError when it is another terminal's or another process writes it.
        """
        file = ChainFile.open(path, terminal_id)
        try:
            reader = JournalReader.open(path)
        except BaseException:
            file.close()
            raise
        tail = file.tail()
        log.info("journal-open", path=path, rows=tail.id, events=tail.sequence)
        return cls(file, reader, clock)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def identity(self) -> Identity:
        """Whose journal this is."""
        return self._file.identity

    def begin(self, entry: Entry) -> Ticket:
        """Start writing a row; returns at once.

        Raises InternalError for an entry that JSON or a topic cannot carry, JournalError when the journal is closed.
        """
        if self._closed:
            raise JournalError("the journal is closed")
        ticket = Ticket(self._content(entry), self._write_unless_busy)
        self._waiting.append(ticket)
        self._words.put(Word.WRITE)
        return ticket

    def commit(self, entry: Entry) -> None:
        """Write a row and return when it is durable. Raises JournalError."""
        self.begin(entry).wait()

    def close(self) -> None:
        """Write what was begun, and let go of the file; what fails is told by its ticket. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._words.put(Word.STOP)
        self._thread.join()
        with self._writing:
            self._write_waiting()
            self._reader.close()
            self._file.close()

    def rows(self, after: int = 0) -> Iterator[Row]:
        """Every row with a greater `id`, in order."""
        return self._reader.rows(after)

    def last_row(self) -> Row | None:
        """The newest row."""
        return self._reader.last_row()

    def transaction(self, name: str) -> list[Row]:
        """The rows of one transaction, in order."""
        return self._reader.transaction(name)

    def open_transactions(self) -> list[list[Row]]:
        """The transactions whose last row (notes aside) is an intent or an outcome, oldest first, each whole."""
        return self._reader.open_transactions()

    def _content(self, entry: Entry) -> Content:
        event = entry.event
        told: tuple[Column, ...] = (None, None, None)
        if event is not None:
            if not EVENT_KIND.fullmatch(event.kind):
                raise InternalError(f"{event.kind!r} cannot be a topic's last word")
            told = (event.kind, event.type, _json(event.data))
        time, trusted = clocks.local_text(self._clock.now()), int(self._clock.trusted())
        columns = (entry.transaction, entry.kind.value, entry.state, time, trusted, _json(entry.body), *told)
        return Content(columns, event is not None)

    # Whoever holds `_writing` writes: the journal's thread, or a thread that waits for a ticket while nobody writes.

    def _run(self) -> None:
        word = Word.WRITE
        while word is not Word.STOP:
            try:
                word = self._words.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                self._tidy()
                continue
            with self._writing:
                self._write_waiting()
            self._tell()

    def _write_unless_busy(self) -> None:
        """Spares a tap two switches of threads."""
        if self._writing.acquire(blocking=False):
            try:
                self._write_waiting()
            finally:
                self._writing.release()

    def _write_waiting(self) -> None:
        batch: list[Ticket] = []
        while self._waiting:
            batch.append(self._waiting.popleft())
        if batch:
            error = self._written(batch)
            for ticket in batch:
                ticket.settle(error)

    def _written(self, batch: list[Ticket]) -> RongtongError | None:
        try:
            self._file.append([ticket.content for ticket in batch])
        except JournalError as error:
            log.error("journal-not-written", rows=len(batch), error=error)
            return error
        except Exception as error:  # noqa: BLE001 - the top of a thread: whoever waits must be told, whatever it was
            log.failure("journal-writer-failed", error)
            return InternalError(f"the journal's writer failed: {error}")
        return None

    def _tell(self) -> None:
        for listener in self.on_commit:
            try:
                listener()
            except Exception as error:  # noqa: BLE001 - a listener's fault must not stop the writer
                log.failure("journal-listener-failed", error)

    def _tidy(self) -> None:
        with self._writing:
            try:
                self._file.tidy()
            except JournalError as error:
                log.warning("journal-not-tidied", error=error)


def _json(content: object) -> bytes:
    try:
        return msgspec.json.encode(content)
    except (TypeError, ValueError) as error:
        raise InternalError(f"a {type(content).__name__} cannot be written to the journal: {error}") from error
