"""What the documents say is true of this tree."""

import re
from pathlib import Path

import pytest

from firmware import config

HOUSE = Path(__file__).parents[1]
READMES = [HOUSE / "README.md", HOUSE / "README.zh-CN.md"]
DOCUMENTS = [*READMES, HOUSE / "CONTRIBUTING.md", HOUSE / "CHANGELOG.md", *sorted((HOUSE / "docs").glob("*.md"))]


def block(document: Path, language: str) -> str:
    """The first code block of a language."""
    found = re.search(rf"^```{language}\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_configuration_in_the_readme_is_a_bus_terminals(readme):
    assert config.parse(block(readme, "toml").encode()).terminal.role == "bus"


def test_both_readmes_show_the_same_configuration():
    english, chinese = (re.sub(r" *#.*", "", block(readme, "toml")) for readme in READMES)
    assert english == chinese


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_within_the_tree_lead_somewhere(document):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_makefile_has_what_the_readme_promises(readme):
    promised = set(re.findall(r"(?:^|`)make ([a-z]+)", readme.read_text("utf-8"), re.MULTILINE))
    targets = set(re.findall(r"^([a-z]+):", (HOUSE / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert (promised - targets, {"run", "test"} <= promised) == (set(), True)
