"""Which driver opens a reader URL: `SCHEME:ADDRESS`."""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points

from firmware.errors import ConfigurationError
from firmware.nfc.port import Reader

#: Installed packages offer further schemes here; the simulator offers `sim`.
GROUP = "rongtong.readers"
Opener = Callable[[str], Reader]


def open_reader(url: str) -> Reader:
    """Open the reader at a URL.

    Raises ConfigurationError for a scheme that nobody serves or an address that cannot be one, and ReaderError when
    the reader is not there.
    """
    scheme, colon, address = url.partition(":")
    opener = BUILT_IN.get(scheme) or _installed(scheme)
    if not colon or not address or opener is None:
        raise ConfigurationError("", f"no reader can be opened at {url!r}; there is {_forms()}")
    return opener(url)


def _installed(scheme: str) -> Opener | None:
    for found in entry_points(group=GROUP, name=scheme):
        opener: Opener = found.load()
        return opener
    return None


def _forms() -> str:
    return ", ".join(f"{scheme}:…" for scheme in sorted({*BUILT_IN, *entry_points(group=GROUP).names}))


def _nfcpy(url: str) -> Reader:
    from firmware.nfc.nfcpy_reader import NfcpyReader

    return NfcpyReader(url)


def _pcsc(url: str) -> Reader:
    from firmware.nfc.pcsc_reader import PcscReader

    return PcscReader(url)


BUILT_IN: Mapping[str, Opener] = {"nfcpy": _nfcpy, "pcsc": _pcsc}
