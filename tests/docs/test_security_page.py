"""docs/security.md names everything that the program stores, and where.

The names are collected from the source: folders below the user's state and cache folders, files of
a run and of a move, marks in a stack directory, and suffixes of the state's key in S3.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from gpuecs_tui.terraform.migration.moved_marker import SUFFIX as MOVED
from gpuecs_tui.terraform.migration.moved_marker import put_moved
from gpuecs_tui.terraform.migration.record import LOG, RECORD
from gpuecs_tui.terraform.recovery.shared_run import FOLDER
from gpuecs_tui.terraform.runs.journal import RunFiles
from gpuecs_tui.terraform.runs.orphan_candidates import ABSENT_NAME
from gpuecs_tui.terraform.state.location import StateLocation
from tests.support.repository import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
MARK = re.compile(r"\.?gpuecs-tui[.-][\w.-]*\w")
"""A whole text of this form is the name of a file of this program in a stack directory."""
ONLY_LOOK = {
    "gpuecs_tui/private_folder.py",
    "gpuecs_tui/commands/doctor.py",
    # Its callers name the folder.
    "gpuecs_tui/user_folders.py",
}
"""Modules that read the path of the state folder and store nothing of their own below it."""


def section(heading: str) -> str:
    """Return the text below a heading of the page."""
    return PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]


@cache
def sources() -> Mapping[str, str]:
    """Return path → text of every module; a screen stores nothing."""
    paths = sorted((ROOT / "gpuecs_tui").rglob("*.py"))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def nodes(*words: str) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    """Yield path, node and parent of everything in the modules that have one of ``words``."""
    for path, text in sources().items():
        # Parsing only these takes a hundredth of the time.
        if any(word in text for word in words):
            for parent in ast.walk(ast.parse(text)):
                for node in ast.iter_child_nodes(parent):
                    yield path, node, parent


def folders() -> dict[str, list[str | None]]:
    """Return module → the names that it joins to the state or cache folder; None: another use."""
    found: dict[str, list[str | None]] = {}
    for path, node, parent in nodes(
        "state_folder()", "cache_folder()", "runs_root()", "state_file("
    ):
        match node:
            case ast.Call(func=ast.Name(id="state_folder" | "cache_folder")):
                match parent:
                    case ast.BinOp(op=ast.Div(), right=ast.Constant(value=str(name))):
                        found.setdefault(path, []).append(name)
                    case _:
                        found.setdefault(path, []).append(None)
            case ast.Assign(targets=[ast.Name(id="_FOLDER")], value=ast.Constant(value=str(name))):
                # The folder of state_file.
                found.setdefault(path, []).append(name)
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Attribute(attr="runs_root"))),
                args=[ast.Constant(value=str(name))],
            ):
                # with_name: a folder next to that of the runs.
                found.setdefault(path, []).append(name)
    return found


def texts() -> set[str]:
    """Return the texts, apart from docstrings, of the modules that name files of this program."""
    return {
        node.value
        for _path, node, parent in nodes("gpuecs-tui.", "gpuecs-tui-")
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and not isinstance(parent, ast.Expr)
    }


def test_every_folder_of_this_machine_is_named() -> None:
    found = folders()
    assert {path for path, names in found.items() if None in names} == ONLY_LOOK
    named = {name for names in found.values() for name in names if name}
    assert {"runs", "moves", "drafts", "written", "writes", "demo"} <= named
    here = section("On this machine")
    assert {name for name in named if f"`{name}" not in here} == set()


def test_every_file_of_a_run_and_of_a_move_is_named(tmp_path: Path) -> None:
    properties = [name for name, it in vars(RunFiles).items() if isinstance(it, property)]
    names = {getattr(RunFiles(tmp_path), name).name for name in properties}
    assert {"run.json", "journal.jsonl"} < names
    here = section("On this machine")
    missing = {it for it in {*names, ABSENT_NAME, RECORD, LOG} if it not in here}
    assert missing == set()


def test_every_mark_in_a_stack_directory_is_named() -> None:
    marks = {it for it in texts() if MARK.fullmatch(it)}
    assert {".gpuecs-tui-write", "gpuecs-tui.lock", "gpuecs-tui-imports.tf"} <= marks
    here = section("In the stack directory")
    assert {it for it in marks if f"`{it}" not in here} == set()


def test_every_object_beside_a_state_is_named() -> None:
    """A suffix is a constant that the sources add to a key: ``SUFFIX``, or ``FOLDER``."""
    suffixes = {
        str(node.value.value)
        for _path, node, _parent in nodes("SUFFIX = ", "FOLDER = ")
        if isinstance(node, ast.Assign)
        and {getattr(it, "id", "") for it in node.targets} & {"SUFFIX", "FOLDER"}
        and isinstance(node.value, ast.Constant)
        and str(node.value.value).startswith(".")
    }
    assert {MOVED, FOLDER, ".tflock"} <= suffixes
    here = section("In S3, with the S3 backend")
    assert {it for it in suffixes if f"`KEY{it}" not in here} == set()


def test_every_field_of_the_move_record_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []

    def put(_reader: object, _bucket: str, _key: str, text: bytes) -> None:
        sent.append(text)

    monkeypatch.setattr("gpuecs_tui.aws.state_bucket.state_objects.put_object", put)
    monkeypatch.setattr(
        "gpuecs_tui.terraform.migration.moved_marker.with_reader",
        lambda _place, _environ, call: call(None),
    )
    place = StateLocation("s3", bucket="states", key="llm/terraform.tfstate")
    put_moved(place, place, b'{"serial": 4, "lineage": "7c1e"}')
    fields = set(re.findall(r'"(\w+)": ', sent[0].decode()))
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `KEY{MOVED}`"))
    assert {it for it in fields if f"`{it}`" not in row} == set()
    in_readme = README.partition("`KEY.moved.json` (")[2].partition(")")[0]
    words = {"user": "user", "host": "host", "at": "time", "target": "new location"}
    words |= {"serial": "serial", "lineage": "lineage"}
    assert {*words} == fields - {"format", "target_type"}
    assert [it for it in words.values() if it not in in_readme] == []
