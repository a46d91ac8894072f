"""``make messages``: every text is found, and a language with these catalogues is displayed."""

from __future__ import annotations

import ast
import gettext
import importlib
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui import i18n
from gpuecs_tui.cli import main
from gpuecs_tui.commands.command_table import COMMANDS
from tests.support.repository import ROOT
from tests.support.sources import MARKERS, modules
from tests.support.terraform.earlier_stacks import copied

LANGUAGE = "pl"
"""A language with three plural forms, so that the number of forms can't equal English's by
chance."""

CHANGED, FORMER = "print JSON", "Print the JSON"


def make(folder: Path, *words: str) -> None:
    """Run ``make messages`` for the catalogues in ``folder``; nothing is installed."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    subprocess.run(
        ["make", "--old-file=.venv/.dev", "messages", f"BIN={Path(sys.executable).parent}",
         f"LOCALE={folder}", *words],
        check=True, cwd=ROOT, env=environ, capture_output=True, text=True,
    )  # fmt: skip


def babel() -> Any:
    """Babel's module for .po files; only developers have it."""
    return importlib.import_module("babel.messages.pofile")


def read_catalogue(path: Path) -> Any:
    with path.open("rb") as file:
        return babel().read_po(file)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of catalogues with a language in which every text is in quotation marks.

    One text was changed in the sources after its translation; FORMER is the old text.
    """
    folder = tmp_path_factory.mktemp("locale")
    make(folder, f"NEW={LANGUAGE}")
    path = folder / LANGUAGE / "LC_MESSAGES" / f"{i18n.DOMAIN}.po"
    catalogue = read_catalogue(path)
    for message in catalogue:
        if isinstance(message.id, tuple):
            singular, plural = message.id
            message.string = (f"«{singular}»", f"«few: {plural}»", f"«many: {plural}»")
        elif message.id:
            message.string = f"«{message.id}»"
    with path.open("wb") as file:
        babel().write_po(file, catalogue)
    text = path.read_text(encoding="utf-8")
    present = f'msgid "{CHANGED}"\n'
    assert present in text
    path.write_text(text.replace(present, f'msgid "{FORMER}"\n'), encoding="utf-8")
    make(folder)
    return folder


@pytest.fixture
def spoken(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the user's language to LANGUAGE."""
    monkeypatch.setattr(i18n, "LOCALES", made)
    monkeypatch.setenv("LANGUAGE", LANGUAGE)
    domain = gettext.textdomain()
    i18n._catalogue.cache_clear()
    yield
    gettext.textdomain(domain)
    i18n._catalogue.cache_clear()


def marked() -> Iterator[tuple[str, ...]]:
    """Return the texts of each marking call, according to the syntax tree."""
    for tree in modules().values():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                given = call.args[: MARKERS.get(call.func.id, 0)]
                texts = [it.value for it in given if isinstance(it, ast.Constant)]
                if texts:
                    yield tuple(map(str, texts))


def test_every_text_of_the_sources_is_extracted(made: Path) -> None:
    catalogue = read_catalogue(made / f"{i18n.DOMAIN}.pot")
    found = {it.id if isinstance(it.id, tuple) else (it.id,) for it in catalogue if it.id}
    texts = set(marked())
    assert len(texts) > 1000
    # The singular of a plural may also be a text of its own: a catalogue has one entry for both.
    singular = {it[:1] for it in found if len(it) > 1}
    assert texts - found <= singular
    assert found <= texts


def test_the_program_speaks_the_language(
    spoken: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["state", str(copied("defaults", tmp_path, state=True))]) == 0
    out = capsys.readouterr().out
    assert "«many: 26 resources in the state»." in out
    # The help has texts of the program and of argparse.
    with pytest.raises(SystemExit):
        main(["plan", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("«usage: »")
    assert "«show this help message and exit»" in out
    assert f"«{COMMANDS['plan'].help}»" in out


def test_each_number_gets_its_plural_form(spoken: None) -> None:
    forms = [i18n.ngettext("{n} instance", "{n} instances", n).format(n=n) for n in (1, 3, 5, 22)]
    assert forms == ["«1 instance»", "«few: 3 instances»", "«many: 5 instances»",
                     "«few: 22 instances»"]  # fmt: skip


def test_a_changed_text_is_english_until_its_translation_is_checked(
    made: Path, spoken: None
) -> None:
    path = made / LANGUAGE / "LC_MESSAGES" / f"{i18n.DOMAIN}.po"
    assert f'#, fuzzy\nmsgid "{CHANGED}"\nmsgstr "«{CHANGED}»"\n' in path.read_text("utf-8")
    assert i18n._(CHANGED) == CHANGED


def test_the_wheel_contains_compiled_catalogues(made: Path) -> None:
    # tests/e2e/test_wheel.py compares a wheel with the tree, which may contain no language.
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["gpuecs_tui.locale"]
    found = {path for pattern in patterns for path in made.glob(pattern)}
    assert {path.name for path in found} == {f"{i18n.DOMAIN}.mo"}
