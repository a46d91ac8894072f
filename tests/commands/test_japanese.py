"""A catalogue in another language: all output is translated, and columns stay aligned."""

from __future__ import annotations

import argparse
import ast
import gettext
import inspect
import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from rich.cells import cell_len

from gpuecs_tui import i18n
from gpuecs_tui.cli import main
from gpuecs_tui.columns import cells, pad, pad_left
from gpuecs_tui.commands import argparse_words
from gpuecs_tui.terraform.engine.event_text import log_lines, without_colours
from gpuecs_tui.terraform.engine.events import Decoder
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform.run_folders import stage

MESSAGES = {
    "": "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=1; plural=0;\n",
    "plan": "プラン",
    "apply": "適用",
    "destroy": "破棄",
    "succeeded": "成功",
    "waiting for approval": "承認待ち",
    "cancelled": "取り消し済み",
    "usage: ": "使い方: ",
    "options": "オプション",
    "positional arguments": "位置引数",
    "show this help message and exit": "このヘルプを表示する",
    "print JSON": "JSON で出力する",
    "the following arguments are required: %s": "引数が必要です: %s",
    "unrecognized arguments: %s": "不明な引数: %s",
    "expected one argument": "引数が 1 個必要です",
    "expected %s argument\0expected %s arguments": "引数が %s 個必要です",
    "Error": "エラー",
    "AWS provider": "AWS プロバイダー",
    "Terminal": "端末",
    "Credentials": "認証情報",
    "ok": "良し",
    "at minimum size": "最小のとき",
    "at desired count": "希望数のとき",
    "at maximum size": "最大のとき",
    "type": "タイプ",
    "zones": "ゾーン",
    "measured": "実測",
    "changed": "変更",
    "new": "新しい",
}


def compiled(messages: Mapping[str, str]) -> bytes:
    """A catalogue in the format of msgfmt (GNU gettext manual, "The Format of GNU MO Files")."""
    keys = sorted(messages, key=lambda it: it.encode())
    texts = [[it.encode() for it in column] for column in (keys, [messages[it] for it in keys])]
    offset = 28 + 16 * len(keys)
    tables, data = b"", b""
    for column in texts:
        for text in column:
            tables += struct.pack("<II", len(text), offset + len(data))
            data += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0)
    return head + tables + data


@pytest.fixture
def japanese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The user's language is Japanese and its catalogue exists; the result is a folder for a
    stack."""
    folder = tmp_path / "locale" / "ja" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / f"{i18n.DOMAIN}.mo").write_bytes(compiled(MESSAGES))
    monkeypatch.setattr(i18n, "LOCALES", tmp_path / "locale")
    monkeypatch.setenv("LANGUAGE", "ja")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    domain = gettext.textdomain()
    i18n._catalogue.cache_clear()
    made = tmp_path / "stack"
    made.mkdir()
    yield made
    gettext.textdomain(domain)
    i18n._catalogue.cache_clear()


@pytest.mark.parametrize(
    "text", ["", "plain", "日本語", "ｱｲｳ", "ＡＢ", "é", "e\u0301", "→", "한글"]
)
def test_cells_are_those_of_the_screen(text: str) -> None:
    assert cells(text) == cell_len(text)
    assert cell_len(pad(text, 12)) == cell_len(pad_left(text, 12)) == 12
    assert pad("abc", 2) == "abc"


def columns_of(line: str, *parts: str) -> list[int]:
    """Return the number of cells before each of these parts of a line."""
    return [cell_len(line[: line.index(part)]) for part in parts]


def test_runs_in_columns(japanese: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage(japanese, RunStatus.SUCCEEDED, operation="plan", message="m-a")
    stage(japanese, RunStatus.CANCELLED, operation="destroy", message="m-b", changes=(0, 0, 7))
    assert main(["runs", str(japanese)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "破棄" in first and "取り消し済み" in first
    assert "プラン" in second and "成功" in second
    assert columns_of(first, "ada@", "m-b") == columns_of(second, "ada@", "m-a")
    assert main(["runs", str(japanese), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["operation"] == "destroy"


def test_what_argparse_says(japanese: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in (
        (["attach"], "引数が必要です: DIR"),
        (["plan", "a", "b"], "不明な引数: b"),
        (["gpus", "--region"], "引数が 1 個必要です"),
        (["gpus", "--compare", "a"], "引数が 2 個必要です"),
    ):
        with pytest.raises(SystemExit):
            main(words)
        assert said in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["plan", "--help"])
    told = capsys.readouterr().out
    assert told.startswith("使い方: gpuecs-tui plan")
    for word in ("位置引数:", "オプション:", "このヘルプを表示する", "JSON で出力する"):
        assert word in told


def test_every_word_of_argparse_is_one_that_it_has() -> None:
    source = inspect.getsource(argparse)
    marked = ast.parse(inspect.getsource(argparse_words))
    words = [
        argument.value
        for call in ast.walk(marked)
        if isinstance(call, ast.Call)
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    assert {"usage: ", "expected %s argument"} <= {*words}
    for word in words:
        # Python releases differ in one text: 3.12 words the choices differently.
        assert word in source or word.startswith("invalid choice"), word


def test_doctor_in_columns(
    japanese: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(japanese))
    main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    (well,) = (line for line in lines if "Python" in line)
    (terminal,) = (line for line in lines if "端末" in line)
    assert well.startswith("良し  ")
    assert columns_of(well, "gpuecs-tui", "0.") == [6, *columns_of(terminal, "stdout is")]


def test_types_in_columns(japanese: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gpus", "--offline"]) == 0
    heading, *rows = capsys.readouterr().out.split("\n\n")[0].splitlines()
    assert heading.startswith("タイプ")
    measured = next(row for row in rows if "実測" in row)
    other = next(row for row in rows if "estimated" in row)
    assert columns_of(measured, "?  ")[0] > 0
    ends = {cell_len(row[: row.index("実測" if "実測" in row else "estimated")]) for row in
            (measured, other)}  # fmt: skip
    assert len(ends) == 1


def test_a_box_is_titled_in_the_users_language(japanese: Path) -> None:
    raw = {
        **{"@level": "error", "@message": "Error: x", "type": "diagnostic"},
        "diagnostic": {"severity": "error", "summary": "It broke", "detail": ""},
    }
    event = Decoder().decode(json.dumps(raw))
    assert any("エラー: It broke" in without_colours(line.text) for line in log_lines(event))
