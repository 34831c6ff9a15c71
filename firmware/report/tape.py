"""The journal's events, read one after the other, a little ahead of what is published."""

from collections import deque
from pathlib import Path

from firmware import logs
from firmware.errors import JournalError
from firmware.journal.chain import Row
from firmware.journal.reader import Identity, JournalReader

#: Events read at once.
PAGE = 200
log = logs.instrument(__name__)


class Tape:
    """Reads events in order. It does not ask the file for more until it is told to look."""

    def __init__(self, path: Path) -> None:
        self.identity: Identity | None = None
        self._path = path
        self._journal: JournalReader | None = None
        self._read = 0
        self._ahead: deque[Row] = deque()
        self._curious = True

    def find(self) -> Identity | None:
        """Whose journal it is; None as long as nobody has created it. Raises JournalError."""
        if self._journal is None:
            self._journal = JournalReader.find(self._path)
            if self._journal is None:
                return None
            if self.identity not in (None, self._journal.identity):
                self.close()
                raise JournalError(f"{self._path} was replaced by another journal; restart the reporter")
            self.identity = self._journal.identity
        return self.identity

    def look(self) -> None:
        """There may be new rows."""
        self._curious = True

    def take(self, limit: int) -> list[Row]:
        """The next events, at most so many. Raises JournalError."""
        if len(self._ahead) < limit and self._curious and self._journal is not None:
            page = self._journal.events(self._read, PAGE)
            self._curious = len(page) == PAGE
            for row in page:
                self._append(row)
        return [self._ahead.popleft() for _ in range(min(limit, len(self._ahead)))]

    def wind(self, after: int) -> None:
        """Go on behind this sequence, forward or back."""
        self._read = after
        self._ahead.clear()
        self._curious = True

    def last_sequence(self) -> int:
        """The newest event in the file. Raises JournalError."""
        return self._read if self._journal is None else self._journal.last_sequence()

    def close(self) -> None:
        """Let go of the file; it may be found again."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _append(self, row: Row) -> None:
        assert row.sequence is not None
        if row.sequence != self._read + 1:
            log.error("journal-gap", after=self._read, next=row.sequence)
        self._read = row.sequence
        self._ahead.append(row)
