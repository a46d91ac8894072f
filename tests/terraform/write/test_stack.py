"""Writing: compared first, never over a manual change, all files or none."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.terraform.engine.init_needed import remember_init
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runs.directory_lock import acquire
from gpuecs_tui.terraform.runs.stack_directory import mark
from gpuecs_tui.terraform.write import last_write, unfinished_write
from gpuecs_tui.terraform.write.gitignore import GITIGNORE, PATTERNS
from gpuecs_tui.terraform.write.stack import WriteChanges, WriteProblem, compare, write
from gpuecs_tui.terraform.write.stage import COMMIT, STAGE
from gpuecs_tui.terraform.write.unfinished_write import find_unfinished, settle
from tests.support.terraform.written_files import S3, made, put


def texts(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def encoded(files: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in files.items()}


def changed(directory: Path, **renamed: Any) -> WriteChanges:
    return compare(directory, render(made(**renamed)))


def test_a_new_directory_is_made_and_filled(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "b"
    files = render(made())
    changes = compare(directory, files)
    assert {change.kind for change in changes.files} == {"create"}
    assert not directory.exists()
    write(changes)
    assert texts(directory) == encoded({**files, GITIGNORE: PATTERNS})
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o644}
    again = compare(directory, files)
    assert (again.files, again.foreign) == ((), (GITIGNORE,))
    write(again)


@pytest.mark.parametrize(
    ("umask", "folder", "file"), [(0o000, 0o755, 0o644), (0o077, 0o700, 0o600)]
)
def test_no_umask_lets_others_write_and_a_strict_one_counts(
    tmp_path: Path, umask: int, folder: int, file: int
) -> None:
    directory = tmp_path / "team" / "stack"
    before = os.umask(umask)
    try:
        write(compare(directory, render(made())))
        acquire(directory).release()
        mark(directory)
        remember_init(directory, {})
    finally:
        os.umask(before)
    found = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "team").rglob("*")}
    assert (directory / ".terraform" / "gpuecs-tui.id") in found
    for path, mode in found.items():
        assert mode == (folder if path.is_dir() else file), path


def test_only_what_differs_is_shown_and_written(tmp_path: Path) -> None:
    put(tmp_path, render(made()))
    (tmp_path / "terraform.tfvars").chmod(0o600)
    untouched = (tmp_path / "fleet.tf").stat()
    changes = changed(tmp_path, fleet__max_size=5)
    (change,) = changes.files
    assert (change.file, change.kind, change.hand_edited) == ("terraform.tfvars", "change", False)
    assert "-max_size      = 2\n+max_size      = 5\n" in change.diff
    write(changes)
    assert read(tmp_path).stack == made(fleet__max_size=5)
    after = (tmp_path / "fleet.tf").stat()
    assert (after.st_ino, after.st_mtime_ns) == (untouched.st_ino, untouched.st_mtime_ns)
    assert stat.S_IMODE((tmp_path / "terraform.tfvars").stat().st_mode) == 0o600
    assert not (tmp_path / STAGE).exists()


def test_what_the_stack_no_longer_needs_goes_and_the_user_s_own_stays(tmp_path: Path) -> None:
    put(tmp_path, render(made({**S3, "fleet.extra_user_data": "echo"})))
    put(tmp_path, {"dns.tf": "locals {}\n", "notes.txt": "x", "terraform.tfstate": "{}"})
    changes = changed(tmp_path)
    assert changes.foreign == ("dns.tf", "notes.txt", "terraform.tfstate")
    deleted = {change.file for change in changes.files if change.kind == "delete"}
    assert deleted == {"backend.tf", "extra_user_data.sh"}
    assert changes.hand_edited == ()
    write(changes)
    assert {"dns.tf", "notes.txt", "terraform.tfstate"} <= texts(tmp_path).keys()
    assert not deleted & texts(tmp_path).keys()


def test_a_hand_edit_is_never_lost_without_a_yes(tmp_path: Path) -> None:
    files = render(made())
    put(tmp_path, files)
    mine = files["service.tf"].replace("rollback = true", "rollback = var.roll_back")
    put(tmp_path, {"service.tf": mine + 'variable "roll_back" {\n  default = true\n}\n'})
    before = texts(tmp_path)
    changes = changed(tmp_path, service__rollback=False)
    assert changes.hand_edited == ("service.tf",)
    with pytest.raises(WriteProblem, match=r"service\.tf contains manual changes"):
        write(changes)
    with pytest.raises(WriteProblem, match=r"service\.tf"):
        write(changes, accept=["terraform.tfvars"])
    assert texts(tmp_path) == before
    write(changes, accept=["service.tf"])
    after = (tmp_path / "service.tf").read_text()
    assert "rollback = false" in after and after.endswith(
        'variable "roll_back" {\n  default = true\n}\n'
    )
    assert read(tmp_path).stack == made(service__rollback=False)


def test_a_hand_edit_beside_the_new_decision_is_kept(tmp_path: Path) -> None:
    files = render(made())
    put(tmp_path, files)
    mine = files["service.tf"].replace(
        "  propagate_tags ",
        "  # Our pipeline waits here.\n  wait_for_steady_state = true\n  propagate_tags ",
    )
    put(tmp_path, {"service.tf": mine})
    changes = changed(tmp_path, service__rollback=False, fleet__max_size=5)
    assert changes.hand_edited == ()
    kept = {change.file: change.keeps_edits for change in changes.files}
    assert kept == {"terraform.tfvars": False, "service.tf": True}
    write(changes)
    after = (tmp_path / "service.tf").read_text()
    assert "  # Our pipeline waits here.\n  wait_for_steady_state = true\n" in after
    found = read(tmp_path)
    assert found.stack == made(service__rollback=False, fleet__max_size=5)
    assert [item.what for item in found.unread] == ["aws_ecs_service.this.wait_for_steady_state"]
    assert changed(tmp_path, service__rollback=False, fleet__max_size=5).files == ()


def test_an_edit_that_would_overrule_the_new_decision_is_not_kept(tmp_path: Path) -> None:
    files = render(made())
    put(tmp_path, {**files, "fleet.tf": files["fleet.tf"].replace("= var.max_size", "= 4")})
    changes = changed(tmp_path, fleet__max_size=5)
    assert changes.hand_edited == ("fleet.tf",)
    assert "= var.max_size" in changes.after["fleet.tf"]
    (lost,) = [change.lost for change in changes.files if change.hand_edited]
    assert [line for line in lost.splitlines()[2:] if line[0] in "+-"] == [
        "-  max_size                  = 4",
        "+  max_size                  = var.max_size",
    ]


def test_files_of_ours_that_can_t_be_understood_count_as_hand_edited(tmp_path: Path) -> None:
    put(tmp_path, render(made()))
    put(tmp_path, {"service.tf": "resource {{{\n"})
    changes = changed(tmp_path, fleet__max_size=5)
    assert changes.hand_edited == ("service.tf",)
    assert {change.file for change in changes.files} == {"service.tf", "terraform.tfvars"}
    put(tmp_path, {"service.tf": "", "fleet.tf": ""})
    assert changed(tmp_path, fleet__max_size=5).hand_edited == ("fleet.tf", "service.tf")


def test_foreign_terraform_with_our_file_names_is_hand_edited(tmp_path: Path) -> None:
    put(tmp_path, {"variables.tf": 'variable "x" {}\n'})
    assert changed(tmp_path).hand_edited == ("variables.tf",)


def test_a_stale_file_that_was_edited_is_not_deleted_without_a_yes(tmp_path: Path) -> None:
    put(tmp_path, render(made(S3)))
    with (tmp_path / "backend.tf").open("a") as file:
        file.write("# do not touch\n")
    changes = changed(tmp_path)
    assert changes.hand_edited == ("backend.tf",)
    with pytest.raises(WriteProblem, match=r"backend\.tf"):
        write(changes)


def test_what_is_declared_elsewhere_already_is_a_clash(tmp_path: Path) -> None:
    put(tmp_path, {"main.tf": 'locals {}\n\nresource "aws_lb" "this" {}\nvariable "own" {}\n'})
    changes = changed(tmp_path)
    assert [(clash.file, clash.line, clash.address) for clash in changes.clashes] == [
        ("main.tf", 3, "aws_lb.this")
    ]
    with pytest.raises(WriteProblem, match=r"aws_lb\.this is declared in main\.tf, line 3"):
        write(changes)
    assert set(texts(tmp_path)) == {"main.tf"}


@pytest.mark.parametrize(
    ("text", "clash"),
    [
        ("terraform {\n  required_providers {}\n}\n", "terraform.required_providers"),
        ('terraform {\n  required_version = ">= 1.0"\n}\n', None),
        ('locals {\n  target_group_suffix = ""\n}\n', "local.target_group_suffix"),
        ('locals {\n  mine = ""\n}\n', None),
        ('provider "aws" {}\n', "provider.aws"),
        ('provider "aws" {\n  alias = "other"\n}\n', None),
        ('output "url" {\n  value = 1\n}\n', "output.url"),
        ('data "aws_partition" "this" {}\n', "data.aws_partition.this"),
        ("resource {{{\n", ""),
    ],
)
def test_what_may_stand_beside_ours(tmp_path: Path, text: str, clash: str | None) -> None:
    put(tmp_path, {"own.tf": text})
    assert [item.address for item in changed(tmp_path).clashes] == (
        [] if clash is None else [clash]
    )


def test_a_change_since_the_comparison_stops_the_write(tmp_path: Path) -> None:
    put(tmp_path, render(made()))
    changes = changed(tmp_path, fleet__max_size=5)
    put(tmp_path, {"terraform.tfvars": "# mine\n"})
    before = texts(tmp_path)
    with pytest.raises(WriteProblem, match="changed after"):
        write(changes)
    assert texts(tmp_path) == before
    put(tmp_path / "new", {})
    fresh = changed(tmp_path / "new")
    put(tmp_path / "new", {"iam.tf": "# mine\n"})
    with pytest.raises(WriteProblem, match=r"iam\.tf changed after"):
        write(fresh)


@pytest.mark.parametrize("kind", ["link", "dangling", "folder", "fifo"])
def test_links_and_other_irregular_files_are_refused(tmp_path: Path, kind: str) -> None:
    changes = changed(tmp_path)
    target = tmp_path / "fleet.tf"
    if kind == "folder":
        target.mkdir()
    elif kind == "fifo":
        os.mkfifo(target)
    else:
        (tmp_path / "real").write_text("x")
        target.symlink_to("real" if kind == "link" else "nowhere")
    refusal = "is a symbolic link" if kind in ("link", "dangling") else "link or not a regular file"
    with pytest.raises(WriteProblem, match=refusal):
        write(changes)
    assert "service.tf" not in texts(tmp_path)


def test_a_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteProblem, match="not a directory"):
        compare(tmp_path / "file", {})


@pytest.mark.parametrize("number", [1, 3, 7])
@pytest.mark.parametrize("call", ["fsync", "fchmod"])
def test_a_full_disk_leaves_the_old_files_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, call: str
) -> None:
    put(tmp_path, render(made()))
    before = texts(tmp_path)
    changes = changed(
        tmp_path,
        stack__name="other",
        service__rollback=False,
        fleet__market="spot",
        task__gpus=2,
        load_balancer__port=81,
        network__ingress_cidrs=("10.0.0.0/8",),
    )
    assert len(changes.files) >= 7
    real, calls = getattr(os, call), iter(range(1, 1000))

    def failing(*arguments: Any) -> None:
        if next(calls) == min(number, len(changes.files)):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing)
        with pytest.raises(WriteProblem, match="No space left") as caught:
            write(changes)
    assert "Nothing was changed" in str(caught.value)
    assert texts(tmp_path) == before
    assert not (tmp_path / STAGE).exists()
    write(changes)
    assert texts(tmp_path) == encoded(dict(changes.after))


class Killed(BaseException):
    """Simulates that the process ends here."""


@pytest.mark.parametrize("moves", range(5))
def test_a_write_that_dies_after_its_decision_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    put(tmp_path, render(made({**S3})))
    changes = changed(tmp_path, fleet__max_size=5, service__rollback=False, task__gpus=2)
    assert len(changes.files) == 4
    real, calls = unfinished_write._carry_out, iter(range(100))

    def dying(*arguments: Any) -> None:
        if next(calls) == moves:
            raise Killed
        real(*arguments)

    monkeypatch.setattr(unfinished_write, "_carry_out", dying)
    if moves < 4:
        with pytest.raises(Killed):
            write(changes)
        assert (tmp_path / STAGE / COMMIT).exists()
    else:
        write(changes)
    monkeypatch.setattr(unfinished_write, "_carry_out", real)
    as_it_is = texts(tmp_path)
    read(tmp_path)
    compare(tmp_path, changes.after)
    assert texts(tmp_path) == as_it_is, "reading changes nothing"
    found = find_unfinished(tmp_path)
    assert (found is not None) == (moves < 4)
    if found is not None:
        assert found.trusted and found.words.startswith("Unfinished write found in ")
    assert settle(tmp_path) is None
    assert read(tmp_path).stack == made(fleet__max_size=5, service__rollback=False, task__gpus=2)
    after = compare(tmp_path, changes.after)
    assert after.files == ()
    assert not (tmp_path / STAGE).exists()
    assert texts(tmp_path) == encoded(dict(changes.after))


def test_an_edit_made_between_death_and_finish_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, render(made()))
    changes = changed(tmp_path, fleet__max_size=5, service__rollback=False)

    def dying(*arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(unfinished_write, "_carry_out", dying)
        with pytest.raises(Killed):
            write(changes)
    put(tmp_path, {"service.tf": "# mine\n"})
    settle(tmp_path)
    assert (tmp_path / "service.tf").read_text() == "# mine\n"
    assert (tmp_path / "terraform.tfvars").read_text() == changes.after["terraform.tfvars"]


def test_a_write_that_dies_before_its_decision_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, render(made()))
    before = texts(tmp_path)
    changes = changed(tmp_path, fleet__max_size=5)

    def dying(*arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", dying)
        with pytest.raises(Killed):
            write(changes)
    assert texts(tmp_path) == before
    # As long as it is recent, it could be a write in progress.
    with pytest.raises(WriteProblem, match="another write may be in progress"):
        write(changes)
    os.utime(tmp_path / STAGE, (0, 0))
    write(changes)
    assert read(tmp_path).stack == made(fleet__max_size=5)


def test_one_unread_decision_costs_no_other_edit(tmp_path: Path) -> None:
    files = render(made())
    role = 'resource "aws_iam_role" "batch" {\n  name = "batch"\n}\n'
    put(
        tmp_path,
        {
            **files,
            "fleet.tf": files["fleet.tf"].replace("= var.max_size", "= var.min_size * 2 + 1"),
            "network.tf": "# the platform team's network\n" + files["network.tf"],
            "iam.tf": files["iam.tf"] + role,
        },
    )
    before = texts(tmp_path)
    found = read(tmp_path)
    assert found.stack is None
    explicit = {*found.answers}
    wanted = render(made(load_balancer__idle_timeout_seconds=120))
    changes = compare(tmp_path, wanted, explicit=explicit)
    assert [(it.file, it.hand_edited) for it in changes.files] == [("load_balancer.tf", False)]
    write(changes)
    after = texts(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {"load_balancer.tf"}
    # If the user decides it nevertheless, only the expression is asked about.
    wanted = render(made(load_balancer__idle_timeout_seconds=120, fleet__max_size=8))
    changes = compare(tmp_path, wanted, explicit={*explicit, "fleet.max_size"})
    assert changes.hand_edited == ("fleet.tf",)
    (lost,) = [it.lost for it in changes.files if it.lost]
    assert "var.min_size * 2 + 1" in lost and len(lost.splitlines()) == 11
    write(changes, accept=["fleet.tf"])
    assert read(tmp_path).stack == made(load_balancer__idle_timeout_seconds=120, fleet__max_size=8)
    assert role.encode() in texts(tmp_path)["iam.tf"]


def test_values_changed_by_hand_are_asked_about(tmp_path: Path) -> None:
    write(changed(tmp_path))
    put(
        tmp_path,
        {
            "terraform.tfvars": (tmp_path / "terraform.tfvars")
            .read_text()
            .replace("max_size      = 2", "max_size      = 9"),
        },
    )
    assert read(tmp_path).answers["fleet.max_size"] == 9

    def again(**answers: Any) -> WriteChanges:
        by_hand = last_write.changed_since(tmp_path)
        return compare(tmp_path, render(made(**answers)), by_hand=by_hand)

    changes = again(load_balancer__idle_timeout_seconds=120)
    assert changes.hand_edited == ("terraform.tfvars",)
    assert [(it.key, it.present, it.wanted) for it in changes.overruled] == [
        ("fleet.max_size", 9, 2)
    ]
    with pytest.raises(WriteProblem, match=r"terraform\.tfvars contains manual changes"):
        write(changes)
    # The value in the directory is no reason for a question, and it is written once it is ours.
    changes = again(load_balancer__idle_timeout_seconds=120, fleet__max_size=9)
    assert (changes.hand_edited, changes.overruled) == ((), ())
    write(changes)
    assert again(fleet__max_size=4).overruled == ()


def test_without_a_note_of_the_last_write_each_other_value_is_asked_about(tmp_path: Path) -> None:
    put(tmp_path, render(made()))
    by_hand = last_write.changed_since(tmp_path)
    assert compare(tmp_path, render(made()), by_hand=by_hand).files == ()
    changes = compare(tmp_path, render(made(task__gpus=2)), by_hand=by_hand)
    assert ([it.key for it in changes.overruled], changes.hand_edited) == (
        ["task.gpus"],
        ("task.tf",),
    )
    new = compare(tmp_path / "new", render(made()), by_hand=last_write.changed_since(tmp_path))
    assert new.overruled == ()


def test_an_edit_by_hand_is_claimed_only_where_it_is_known(tmp_path: Path) -> None:
    """A value of another stack, and one in a copy of the directory, are described as such in the
    question."""

    def asked(directory: Path, **answers: Any) -> WriteChanges:
        return compare(directory, render(made(**answers)), by_hand=lambda _key, _value: True)

    ours, copied = tmp_path / "ours", tmp_path / "copied"
    write(changed(ours, load_balancer__idle_timeout_seconds=40))
    shutil.copytree(ours, copied)
    for directory, is_edit in ((ours, False), (copied, None)):
        changes = asked(directory, load_balancer__idle_timeout_seconds=60)
        assert [(it.key, it.is_edit) for it in changes.overruled] == [
            ("load_balancer.idle_timeout_seconds", is_edit)
        ]
        assert changes.hand_edited == ("load_balancer.tf",)
        assert not any(it.loses_edits for it in changes.files)
        with pytest.raises(WriteProblem, match="without a confirmation"):
            write(changes)
    values = ours / "load_balancer.tf"
    values.write_text(re.sub(r"(idle_timeout *= )40", r"\g<1>50", values.read_text()))
    changes = asked(ours, load_balancer__idle_timeout_seconds=60)
    assert [it.is_edit for it in changes.overruled] == [True]
    assert [it.loses_edits for it in changes.files] == [True]


def test_the_note_of_a_write_holds_no_value(tmp_path: Path) -> None:
    write(changed(tmp_path, task__environment={"TOKEN": "hunter2-long-enough"}))
    folder = Path(os.environ["HOME"], ".local/state/gpuecs-tui/written")
    (note,) = folder.iterdir()
    assert "hunter2" not in note.read_text()
    assert stat.S_IMODE(note.stat().st_mode) == 0o600


@pytest.mark.parametrize("beside", ["main.tf", ".gitignore", None])
def test_only_a_new_directory_gets_a_gitignore(tmp_path: Path, beside: str | None) -> None:
    if beside:
        put(tmp_path, {beside: "# ours\n"})
    write(changed(tmp_path))
    if beside == ".gitignore":
        assert (tmp_path / ".gitignore").read_text() == "# ours\n"
    else:
        assert (tmp_path / ".gitignore").exists() == (beside is None)
    (tmp_path / ".gitignore").unlink(missing_ok=True)
    write(changed(tmp_path, task__gpus=2))
    assert not (tmp_path / ".gitignore").exists()


def test_a_file_that_was_removed_by_hand_stays_so(tmp_path: Path) -> None:
    put(tmp_path, render(made()))
    outputs = (tmp_path / "outputs.tf").read_text()
    (tmp_path / "outputs.tf").unlink()
    put(tmp_path, {"dashboard.tf": outputs})
    changes = changed(tmp_path, task__gpus=2)
    assert ([it.file for it in changes.files], changes.clashes) == (["task.tf"], ())
