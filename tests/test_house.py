"""The rules of the house that no linter knows: where drivers live, what an import costs, what locks must say."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
PACKAGES = ("firmware", "provisioning", "simulator")
#: Third-party packages that open hardware or the network, each imported in one file, inside the function that opens it.
DRIVERS = ("RPi", "nfc", "paho", "serial", "smartcard")
#: Second implementations and thick libraries that are kept in one file too.
CONFINED = (*DRIVERS, "gmssl")
#: The tour's subscriber: a witness must share no code with the reporter that it watches.
WITNESS = Path("simulator/tour/witness.py")
#: What the simulator may take from the terminal: no formula, no file layout, no driver; and the port of its reader.
SIMULATOR_MAY_IMPORT = re.compile(r"firmware\.(card|sm\.sm[234]|errors|masks|clock|logs|nfc\.port)(\.|$)")
#: Modules whose import must cost nothing.
LIGHT = [*PACKAGES, *(["firmware.cli"] if (HOUSE / "firmware/cli.py").exists() else [])]

Imported = tuple[Path, str, bool]


def imports_of(package: str) -> Iterator[Imported]:
    """Every import in a package: file, dotted name, and whether it stands inside a function."""
    for file in sorted((HOUSE / package).rglob("*.py")):
        yield from _imports(file, ast.parse(file.read_text("utf-8")), inside=False)


def _imports(file: Path, node: ast.AST, *, inside: bool) -> Iterator[Imported]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import(names=names):
                yield from ((file.relative_to(HOUSE), name.name, inside) for name in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                yield from ((file.relative_to(HOUSE), _imported(module, name.name), inside) for name in names)
        yield from _imports(
            file, child, inside=inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        )


def _imported(module: str, name: str) -> str:
    """`from firmware.sm import sm3` imports a module, `from firmware.errors import CardLost` a name."""
    path = HOUSE.joinpath(*module.split("."))
    is_module = (path / f"{name}.py").exists() or (path / name).is_dir()
    return f"{module}.{name}" if is_module else module


ALL_IMPORTS = [imported for package in PACKAGES for imported in imports_of(package)]


@pytest.mark.parametrize("package", CONFINED)
def test_a_driver_package_is_imported_in_at_most_one_file(package):
    files = {file for file, name, _ in ALL_IMPORTS if name.split(".")[0] == package} - {WITNESS}
    assert len(files) <= 1, files


def test_driver_packages_are_imported_only_inside_the_function_that_opens_them():
    early = [(file, name) for file, name, inside in ALL_IMPORTS if name.split(".")[0] in CONFINED and not inside]
    assert early == []


def test_the_simulator_takes_nothing_from_the_terminal_but_the_language_of_cards_and_primitives():
    taken = {name for _, name, _ in imports_of("simulator") if name.split(".")[0] == "firmware"}
    assert {name for name in taken if not SIMULATOR_MAY_IMPORT.match(name)} == set()


@pytest.mark.parametrize("module", LIGHT)
def test_importing_a_package_or_a_command_loads_no_third_party_package(module):
    assert third_party_after(f"import {module}") == ""


def third_party_after(statement: str) -> str:
    """The third-party packages that a statement loads in a fresh interpreter, by name."""
    program = (
        "import sys; before = set(sys.modules); " + statement + "\n"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        f"print(*sorted(loaded - set(sys.stdlib_module_names) - set({PACKAGES!r})))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=HOUSE, capture_output=True, text=True, check=True)
    return result.stdout.strip()


PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((HOUSE / "requirements" / lock).read_text("utf-8")))


def test_what_is_tested_is_what_is_installed():
    assert pins("base.lock").items() <= pins("dev.lock").items()


@pytest.mark.parametrize("lock", ["base.lock", "dev.lock", "pcsc.lock"])
def test_every_pinned_release_has_hashes_and_no_address(lock):
    text = (HOUSE / "requirements" / lock).read_text("utf-8")
    unhashed = [block.split()[0] for block in re.split(r"\n(?=[a-z])", text) if "==" in block and "--hash" not in block]
    assert (unhashed, "://" in text) == ([], False)


def test_files_stay_within_a_readers_patience():
    long = {
        file.name: lines
        for package in PACKAGES
        for file in (HOUSE / package).rglob("*.py")
        if (lines := file.read_text("utf-8").count("\n")) > 500
    }
    assert long == {}


def test_functions_stay_within_a_readers_patience():
    long = {
        f"{file.name}:{node.name}": length
        for package in PACKAGES
        for file in (HOUSE / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and (length := (node.end_lineno or 0) - node.lineno + 1) > 60
    }
    assert long == {}
