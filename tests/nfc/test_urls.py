import sys

import pytest

from firmware.errors import ConfigurationError
from firmware.nfc.urls import open_reader


@pytest.fixture
def installed_driver(tmp_path, monkeypatch):
    """A package, as an installer would leave it, that offers the scheme `shelf`."""
    (tmp_path / "shelf_driver.py").write_text("def open_reader(url):\n    return ('opened', url)\n")
    metadata = tmp_path / "shelf_driver-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: shelf-driver\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[rongtong.readers]\nshelf = shelf_driver:open_reader\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("shelf_driver", None)


def test_a_scheme_of_an_installed_package_is_opened_by_it(installed_driver):
    assert open_reader("shelf:3") == ("opened", "shelf:3")


def test_an_unknown_scheme_is_an_error_that_tells_what_exists(installed_driver):
    with pytest.raises(ConfigurationError, match=r"nfcpy:….*pcsc:….*shelf:…"):
        open_reader("serial:0")


@pytest.mark.parametrize("url", ["", "pcsc", "pcsc:", ":tty", "nfcpy"])
def test_a_url_without_scheme_or_address_is_a_configuration_error(url):
    with pytest.raises(ConfigurationError):
        open_reader(url)


def test_asking_for_a_url_imports_no_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "nfc", None)
    with pytest.raises(ConfigurationError):
        open_reader("serial:0")
