"""Non-volatile memory of virtual devices: one immutable state, replaced as a whole or not at all.

With a file, a commit is durable when it returns; a process killed at any moment leaves the state before or the state
after, never a mixture: write beside, fsync, rename, fsync of the directory.
"""

import os
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from firmware.errors import ConfigurationError

S = TypeVar("S")


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    """What a state file holds: which device it belongs to, and that device's state."""

    device: str
    state: msgspec.Raw


class Memory(Generic[S]):
    """Holds the state of one device; `device` says which, so that no card wakes up with another card's money."""

    def __init__(self, initial: S, device: str, path: Path | None = None) -> None:
        """Raises ConfigurationError when the file cannot be read or belongs to another device."""
        self._device = device
        self._path = path
        self._state = initial
        if path is not None and path.exists():
            self._state = self._load(path)

    @property
    def state(self) -> S:
        """The state as of the last commit."""
        return self._state

    def commit(self, state: S) -> None:
        """Replace the state: in the file first, then here."""
        if self._path is not None:
            stored = _Stored(self._device, msgspec.Raw(msgspec.json.encode(state)))
            replace_durably(self._path, msgspec.json.encode(stored))
        self._state = state

    def _load(self, path: Path) -> S:
        try:
            stored = msgspec.json.decode(path.read_bytes(), type=_Stored)
            state = msgspec.json.decode(stored.state, type=type(self._state))
        except (OSError, msgspec.DecodeError) as error:
            raise ConfigurationError("", f"{path} cannot be read as a device's state: {error}") from error
        if stored.device != self._device:
            raise ConfigurationError("", f"{path} holds the state of another card or PSAM")
        return state


def replace_durably(path: Path, content: bytes) -> None:
    """Let a file have this content or its old one, whatever happens. Raises OSError."""
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
