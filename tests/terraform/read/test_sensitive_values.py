"""Displayed differences never contain the value of a variable that is marked as sensitive."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.terraform.read.comments import comments
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.read.sensitive_values import sensitive_in
from gpuecs_tui.terraform.read.variable_files import assignments
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.write.stack import compare
from gpuecs_tui.terraform.write.stage import COMMIT, STAGE, Move, digest, encode
from gpuecs_tui.terraform.write.unfinished_write import find_unfinished
from tests.support.terraform.written_files import made, put

MARKS = (
    "sensitive = true",
    "ephemeral = true",
    "type = string\n  sensitive = true",
    "sensitive = var.other",
)
FORMS = (
    "<<-KEY\n    HUSHED one\n    k = HUSHED\n  KEY",
    "<<KEY\nHUSHED\nKEY",
    r'"na\u00efve HUSHED"',
    r'"a\"HUSHED\" # b"',
    '[\n  "HUSHED", # HUSHED\n  "b",\n]',
    '{\n  user = "u"\n  "key" = "HUSHED"\n}',
    '/* one */ join("-", ["HUSHED", 1])',
    '"${"HUSHED"}-x"',
)
TOKEN = '\nvariable "token" {{\n  {}\n}}\n'


def beside_max_size(text: str, more: str) -> str:
    """Return a variable file with lines after the one that a write changes."""
    line = next(it for it in text.splitlines() if it.startswith("max_size"))
    return text.replace(line, f"{line}\n{more}")


def shown(directory: Path) -> str:
    """Return everything that is displayed of a directory's files when it is read, and before a
    write."""
    changes = compare(directory, render(made(fleet__max_size=7)), environ={})
    parts = [it.diff + it.lost for it in changes.files]
    return "".join([*parts, *(it.diff for it in read(directory, {}).edits)])


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_value_is_hidden(tmp_path: Path, form: str) -> None:
    files = render(made())
    own = beside_max_size(files["terraform.tfvars"], f"token = {form}")
    mark = MARKS[FORMS.index(form) % len(MARKS)]
    put(tmp_path, {**files, "terraform.tfvars": own, "more.tf": TOKEN.format(mark)})
    text = shown(tmp_path)
    assert "+max_size      = 7\n token = (sensitive)" in text.replace("/* (sensitive) */ ", "")
    assert "HUSHED" not in text


def test_json_an_override_and_a_default_are_hidden(tmp_path: Path) -> None:
    files = render(made())
    declared = '\nvariable "token" {\n  default /* x */ = { a = "HUSHED" }\n}\n'
    values = '{\n  "max_size": 2,\n  "token": {"a": "HUSH\\u0045D"}\n}\n'
    own = files["terraform.tfvars"].replace("max_size      = 2\n", "")
    put(tmp_path, {
        **files, "variables.tf": declared + files["variables.tf"], "terraform.tfvars": own,
        "terraform.tfvars.json": values, "x_override.tf": TOKEN.format("sensitive = true"),
        "task.tf": files["task.tf"] + '\nlocals {\n  x = sensitive("HUSHED\\t")\n}\n',
    })  # fmt: skip
    text = shown(tmp_path)
    assert '+  "max_size": 7' in text
    assert "x = sensitive((sensitive))" in text
    assert "HUSH" not in text
    # Terraform rejects a file with a second value, so it is unknown which one applies.
    twice = values.replace('"max_size"', '"token": "HUSHED",\n  "max_size"')
    put(tmp_path, {"terraform.tfvars.json": twice})
    assert "HUSH" not in shown(tmp_path)


@pytest.mark.parametrize(
    "default", [r'"HU\u0053HED"', "<<-K\n    HUSHED one\n  K", r'"a)${"]}"}HUSHED\nmore"', r'"$${"']
)
def test_a_default_is_hidden_where_another_file_marks_it(tmp_path: Path, default: str) -> None:
    files = render(made())
    old = f'\nvariable "token" {{\n  default = {default}\n}}\n'
    put(tmp_path, {
        **files, "variables.tf": old + files["variables.tf"],
        "x_override.tf": TOKEN.format("sensitive = true"),
    })  # fmt: skip
    secrets = sensitive_in(
        load_configuration({p.name: p.read_text() for p in tmp_path.iterdir() if p.is_file()})
    )
    text = secrets.shown("variables.tf", old)
    assert text == '\nvariable "token" {\n  default = (sensitive)\n}\n'


def test_many_comments_are_read_in_one_way_only() -> None:
    # The number of tried ends would double with each of them.
    comments = "/* a */" * 60
    assert assignments("terraform.tfvars", f"name {comments} 1\n") == {}
    assert assignments("terraform.tfvars", f"name {comments} = 1\n").keys() == {"name"}


@pytest.mark.parametrize(
    "damage",
    ["}}\n", "token = \n", 'token = "HUSHED\n', "HUSHED HUSHED\n", "token = <<E\nHUSHED\n"],
)
def test_nothing_of_a_damaged_variable_file_is_shown(tmp_path: Path, damage: str) -> None:
    files = render(made())
    own = files["terraform.tfvars"] + 'plain = "HUSHED"\n' + damage
    put(tmp_path, {**files, "terraform.tfvars": own})
    text = shown(tmp_path)
    assert "HUSHED" not in text
    assert "-(not shown: could not parse terraform.tfvars)\n" in text
    said = [it.message for it in load_configuration({"terraform.tfvars": own}).broken.values()]
    assert said and "HUSHED" not in "".join(said)


@pytest.mark.parametrize(
    ("name", "text"), [("more.tf", 'variable "token" {'), ("more.tofu", TOKEN.format("x = 1"))]
)
def test_a_variable_whose_declaration_is_not_read_is_hidden(
    tmp_path: Path, name: str, text: str
) -> None:
    files = render(made())
    own = beside_max_size(files["terraform.tfvars"], 'token = "HUSHED"')
    put(tmp_path, {**files, "terraform.tfvars": own, name: text})
    found = shown(tmp_path)
    assert "+max_size      = 7" in found
    assert "HUSHED" not in found


def test_a_difference_in_hidden_values_alone_is_still_one() -> None:
    found = sensitive_in(load_configuration({"v.tf": TOKEN.format("sensitive = true")}))
    diff = found.diff("terraform.tfvars", 'token = "HUSHED"\n', 'token = "HUSHED2"\n')
    assert "only hidden values differ" in diff
    assert "HUSHED" not in diff


def test_an_unfinished_write_shows_no_value_either(tmp_path: Path) -> None:
    files = render(made())
    own = files["terraform.tfvars"] + "token = <<E\nHUSHED\nE\n"
    put(tmp_path, {**files, "terraform.tfvars": own, "v.tf": TOKEN.format("sensitive = true")})
    new = own.replace("max_size      = 2", "max_size      = 9").encode()
    (tmp_path / STAGE).mkdir()
    (tmp_path / STAGE / "terraform.tfvars").write_bytes(new)
    (tmp_path / STAGE / COMMIT).write_bytes(
        encode({"terraform.tfvars": Move(digest(own.encode()), digest(new))})
    )
    found = find_unfinished(tmp_path)
    assert found is not None
    diff = found.difference()
    assert "+max_size      = 9" in diff and "HUSHED" not in diff


@pytest.mark.parametrize(
    "lines",
    [
        'token = "new" # was WHISPER',
        'token = "new" /* was\n  WHISPER */\n// plain',
        "token /* WHISPER */ = [\n  # WHISPER\n  1, // WHISPER\n]",
        "token = <<E\n# no comment\nE\n# the old token: WHISPER",
        '#token = "WHISPER"\ntoken = "new"',
        'token = "pw" /* "pw" once, WHISPER now */',
        '# pw WHISPER\ntoken = "pw"',
    ],
)
def test_a_comment_that_may_hold_a_value_is_hidden(tmp_path: Path, lines: str) -> None:
    files = render(made())
    kept = 'plain = "# not a comment" # of a plain value'
    own = beside_max_size(files["terraform.tfvars"], f"{kept}\n{lines}")
    declared = TOKEN.format("sensitive = true") + 'variable "plain" {\n}\n'
    put(tmp_path, {**files, "terraform.tfvars": own, "more.tf": declared})
    found = shown(tmp_path)
    assert f"+{kept}\n" in found and "(sensitive)" in found
    assert "WHISPER" not in found


def test_comments_in_a_declaration_and_in_json_are_hidden(tmp_path: Path) -> None:
    files = render(made())
    declared = (
        '# of all\nvariable "token" {\n  sensitive = true\n  # default = "WHISPER"\n}\n'
        'locals {\n  # said aloud\n  x = sensitive("a") # WHISPER\n}\n'
    )
    values = '{\n  "max_size": 2,\n  "//": "WHISPER",\n  "token": "a"\n}\n'
    own = files["terraform.tfvars"].replace("max_size      = 2\n", "")
    put(tmp_path, {
        **files, "variables.tf": declared + files["variables.tf"], "terraform.tfvars": own,
        "terraform.tfvars.json": values,
    })  # fmt: skip
    found = shown(tmp_path)
    assert "# of all" in found and "# said aloud" in found and "# (sensitive)" in found
    assert "WHISPER" not in found


def test_comments_of_what_is_not_declared_here_are_hidden(tmp_path: Path) -> None:
    files = render(made())
    own = beside_max_size(files["terraform.tfvars"], '# pin = "WHISPER"\n# plain words')
    put(tmp_path, {**files, "terraform.tfvars": own, "more.tofu": TOKEN.format("x = 1")})
    found = shown(tmp_path)
    assert "plain words" in found and "WHISPER" not in found


def test_where_comments_are() -> None:
    text = 'a = "#x ${b /* "*/ } // y" # one\n/* two */ <<-E\n# no\n  E\n// \n#three\n/* open'
    assert [text[start:end] for start, end in comments(text)] == ["one", "two", "three"]
    assert list(comments('# a\n"open # b')) == [(2, 3)]
