"""Stacks with comments in a former wording: they have no manual change, and no line is
rewritten."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.terraform.base.own_files import USER_DATA
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.read.past import past_in
from gpuecs_tui.terraform.render.former_texts import former_in, reworded, with_former
from gpuecs_tui.terraform.render.past_addresses import Past
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.write.rewrite import files_for
from gpuecs_tui.terraform.write.stack import WriteChanges, compare, write
from tests.support.repository import ROOT

FORMER = ROOT / "tests" / "support" / "terraform" / "data" / "reworded"
NAMES = sorted(path.name for path in FORMER.iterdir() if path.is_dir())


def stack_in(directory: Path) -> Stack:
    found = read(directory, {})
    assert found.stack is not None
    return found.stack


def changed(directory: Path, answers: Mapping[str, Value]) -> WriteChanges:
    """Return the changes of writing the directory's stack with other answers."""
    stack = resolve({**stack_in(directory).flat(), **answers}, None).stack
    return compare(directory, files_for(stack, directory), environ={})


def added(changes: WriteChanges) -> list[str]:
    """Return the lines that are added to existing files."""
    return [
        line[1:].strip()
        for change in changes.files
        if change.kind == "change"
        for line in change.diff.splitlines()
        if line.startswith("+") and not line.startswith("+++")
    ]


def as_new(name: str) -> Mapping[str, str]:
    """Return the files that are written now for the stack, into another directory."""
    past = past_in(load_configuration(read(FORMER / name, {}).texts))
    return render(stack_in(FORMER / name), Past(past.moves, past.handover, past.suffixed))


@pytest.mark.parametrize("name", NAMES)
def test_no_hand_edit_is_seen_and_nothing_is_written(name: str) -> None:
    found = read(FORMER / name, {})
    assert (found.edits, found.unread, found.problems) == ((), (), ())
    assert changed(FORMER / name, {}).files == ()
    # The present wording differs, so the files would differ without these texts.
    assert as_new(name) != found.texts


def test_every_former_text_is_in_a_stack_and_every_present_one_is_written() -> None:
    found = {it.text for name in NAMES for it in former_in(read(FORMER / name, {}).texts)}
    written = [_bare("\n".join(as_new(name).values()).replace("8443", "{port}")) for name in NAMES]
    for text in reworded():
        assert text in found, text.former
        present = _bare("\n".join(text.present))
        assert any(present in it for it in written), text.present


def _bare(text: str) -> str:
    """Return the text without indentation, between line ends."""
    return "\n".join(["", *(line.strip() for line in text.splitlines()), ""])


def test_only_comments_and_texts_for_people_are_reworded() -> None:
    for text in reworded():
        lines = (*text.former, *text.present)
        kinds = {line.partition(" ")[0] for line in lines}
        assert kinds in ({"#"}, {"description"}, {"error_message"}), text
    # Each one is either the former or the present wording of one text.
    assert len({it.former for it in reworded()}) == len(reworded())
    assert not {it.former for it in reworded()} & {it.present for it in reworded()}
    for name in NAMES:
        texts, new = read(FORMER / name, {}).texts, as_new(name)
        assert [new.get(file) for file in USER_DATA] == [texts.get(file) for file in USER_DATA]


def test_a_change_of_an_answer_changes_its_lines_only(tmp_path: Path) -> None:
    directory = tmp_path / "stack"
    shutil.copytree(FORMER / "defaults", directory)
    changes = changed(directory, {"fleet.target_capacity": 60, "load_balancer.port": 8080})
    assert sorted(added(changes)) == [
        *("from_port         = 8080", "port              = 8080", "target_capacity           = 60"),
        *("to_port           = 8080", 'value       = "http://${aws_lb.this.dns_name}:8080"'),
    ]
    assert changes.hand_edited == ()
    write(changes)
    assert (read(directory, {}).edits, changed(directory, {}).files) == ((), ())


def test_a_new_text_has_the_present_wording(tmp_path: Path) -> None:
    directory = tmp_path / "stack"
    shutil.copytree(FORMER / "defaults", directory)
    changes = changed(directory, {"network.vpc_endpoints": ("ecs", "s3")})
    write(changes)
    texts = read(directory, {}).texts
    assert "can't be deleted, so create its replacement first" in texts["endpoints.tf"]
    assert "can't be deleted, so its successor comes first" in texts["network.tf"]
    assert (read(directory, {}).edits, changed(directory, {}).files) == ((), ())


def test_a_hand_edit_of_a_former_text_is_kept(tmp_path: Path) -> None:
    directory = tmp_path / "stack"
    shutil.copytree(FORMER / "defaults", directory)
    file = directory / "fleet.tf"
    text = file.read_text(encoding="utf-8")
    edited = text.replace("GPUs can be hours in coming", "GPUs were hours in coming last May")
    file.write_text(edited, encoding="utf-8")
    assert edited != text
    assert [it.file for it in read(directory, {}).edits] == ["fleet.tf"]
    changes = changed(directory, {"fleet.target_capacity": 60})
    assert changes.hand_edited == ()
    write(changes)
    assert file.read_text(encoding="utf-8") == edited.replace(
        "target_capacity           = 100", "target_capacity           = 60"
    )


def test_a_number_stays_the_same_in_both_wordings() -> None:
    before = "  # Port 9443 was the HTTP listener's, which must leave it first.\n"
    now = "  # The HTTP listener used port 9443, and AWS allows only one listener on a port.\n"
    kept = former_in({"a.tf": before, "b.tf": now, "c.tf": before + now})
    assert {it.file for it in kept} == {"a.tf"}
    assert with_former("a.tf", f"{now}x = 1\n{now}", kept) == f"{before}x = 1\n{before}"
    assert with_former("b.tf", now, kept) == now
