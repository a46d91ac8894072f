"""Stacks of the earlier version: recognised, rewritten, and moved in the state."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.relevance import is_relevant
from gpuecs_tui.stack.resolve import resolve, with_new_defaults
from gpuecs_tui.terraform.base.addresses import PORT_HANDOVER
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.directory import ReadBack, read, read_back
from gpuecs_tui.terraform.recovery.own_state import own_state
from gpuecs_tui.terraform.recovery.upgrade import TwoChanges, two_changes, upgrade_of
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.write.rewrite import asks_state, files_for, stored_listeners
from gpuecs_tui.terraform.write.stack import WriteProblem, compare, write
from tests.support.terraform.earlier_stacks import EARLIER, LISTENER, RULE, applied, copied
from tests.support.terraform.written_files import CERTIFICATE, HTTPS, made, put, references

NAMES = sorted(path.name for path in EARLIER.iterdir() if path.is_dir())
TO_HTTP = [(f"{LISTENER}.this", f"{LISTENER}.http"), (f"{RULE}.listener", f"{RULE}.http")]
TO_HTTPS = [
    (f"{LISTENER}.this", f"{LISTENER}.https"),
    (f"{LISTENER}.redirect", f"{LISTENER}.http"),
    (f"{RULE}.listener", f"{RULE}.https"),
    (f"{RULE}.redirect", f"{RULE}.http"),
]


def understood(directory: Path) -> tuple[ReadBack, Stack]:
    found = read(directory)
    assert found.stack is not None
    return found, found.stack


def other(stack: Stack, changes: Mapping[str, Value]) -> Stack:
    """Return the stack with other decisions."""
    answers = {**stack.flat(), **changes}
    resolved = resolve(answers, None)
    assert problems(answers, resolved) == ()
    return resolved.stack


def moves(files: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return from and to address of the moves in the files, in any order."""
    body = load_configuration({"moved.tf": files.get("moved.tf", "")}).bodies["moved.tf"]
    return [
        tuple(
            str(getattr(block.body.attributes[side].value, "path", "")) for side in ("from", "to")
        )  # type: ignore[misc]
        for block in body.named("moved")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_recognised_and_no_hand_edit_is_seen(name: str) -> None:
    found, _stack = understood(EARLIER / name)
    assert found.earlier
    assert (found.edits, found.unread) == ((), ())


@pytest.mark.parametrize("name", NAMES)
def test_it_is_rewritten_with_the_same_decisions(name: str, tmp_path: Path) -> None:
    directory = copied(name, tmp_path)
    _, stack = understood(directory)
    changes = compare(directory, files_for(stack, directory))
    assert changes.hand_edited == ()
    write(changes)
    again = read(directory)
    assert (again.stack, again.earlier, again.edits, again.unread) == (stack, False, (), ())
    assert compare(directory, files_for(stack, directory)).files == ()


def test_it_leaves_unset_what_it_did_not_have(tmp_path: Path) -> None:
    """New defaults are only for new stacks: a rewrite of a directory changes no running
    resource."""
    directory = copied("defaults", tmp_path)
    _, stack = understood(directory)
    unset = {key: it.unset for key, it in KEYS.items() if it.unset is not None}
    counting = {key for key in unset if is_relevant(key, stack.flat())}
    assert {key: stack[key] for key in counting} == {key: unset[key] for key in counting}
    assert len(counting) > 3
    before, after = (
        load_configuration(read(directory).texts),
        load_configuration(files_for(stack, directory)),
    )
    for address, path in (
        ("aws_ecs_task_definition.this", "container_definitions"),
        ("aws_launch_template.this", "block_device_mappings.ebs.throughput"),
        ("aws_ecs_service.this", "lifecycle.ignore_changes"),
    ):
        assert after.expression(address, path) == before.expression(address, path) or (
            after.value(address, path) == before.value(address, path)
        )
    assert files_for(stack, directory)["user_data.sh"] == read(directory).texts["user_data.sh"]


def test_brought_up_to_date_it_has_today_s_defaults(tmp_path: Path) -> None:
    directory = copied("own", tmp_path)
    found, _ = understood(directory)
    answers = with_new_defaults(found.answers)
    stack = resolve(answers, None).stack
    write(compare(directory, files_for(stack, directory)))
    again = read(directory)
    assert (again.stack, again.edits, again.unread) == (stack, (), ())
    written = load_configuration(again.texts)
    assert written.value("aws_launch_template.this", "block_device_mappings.ebs.throughput") == 250
    assert "non-blocking" in again.texts["task.tf"]
    assert "initProcessEnabled = true" in again.texts["task.tf"]
    assert "ECS_IMAGE_PULL_INACTIVITY_TIMEOUT=10m" in again.texts["user_data.sh"]
    # Four tasks share an instance.
    placement = "ordered_placement_strategy.type"
    assert written.value("aws_ecs_service.this", placement) == "binpack"
    # Decisions remain unchanged.
    assert stack.service.ignore_changes == ("desired_count",)
    assert stack.service.health_check_grace_seconds == 600


def test_what_moves_follows_from_the_listener_that_was_there() -> None:
    expected = {
        "article": TO_HTTP[:1], "own": TO_HTTPS[:2], "defaults": TO_HTTP, "http-443": TO_HTTP,
        "http-8080": TO_HTTP, "https-443": TO_HTTPS, "https-8443": TO_HTTPS,
    }  # fmt: skip
    assert {
        name: sorted(moves(files_for(understood(EARLIER / name)[1], EARLIER / name)))
        for name in NAMES
    } == {name: sorted(pairs) for name, pairs in expected.items()}


def test_a_new_stack_moves_nothing(tmp_path: Path) -> None:
    for stack in (made(), made(HTTPS)):
        assert files_for(stack, tmp_path / "absent") == render(stack)
        assert "moved.tf" not in render(stack)


def test_moves_stay_when_the_protocol_changes_later(tmp_path: Path) -> None:
    directory = copied("defaults", tmp_path)
    _, stack = understood(directory)
    for changes in ({}, {**HTTPS, "load_balancer.port": 443}):
        write(compare(directory, files_for(other(stack, changes), directory)))
        assert sorted(moves(read(directory).texts)) == TO_HTTP
    assert read(directory).edits == ()


def test_the_state_says_more_than_files_that_were_not_applied(tmp_path: Path) -> None:
    directory = copied("defaults", tmp_path, state=True)
    https = read(EARLIER / "https-443").texts
    put(
        directory,
        {"load_balancer.tf": https["load_balancer.tf"], "network.tf": https["network.tf"]},
    )
    _, stack = understood(EARLIER / "https-443")
    assert sorted(moves(files_for(stack, directory))) == TO_HTTP
    (directory / "terraform.tfstate").write_text("{")
    assert sorted(moves(files_for(stack, directory))) == sorted(TO_HTTPS)
    # Files of the present version, and a state of the earlier one.
    fresh = tmp_path / "fresh"
    put(fresh, render(stack))
    shutil.copy(EARLIER / "https-443" / "terraform.tfstate", fresh)
    assert sorted(moves(files_for(stack, fresh))) == sorted(TO_HTTPS)


def test_a_hand_edit_in_it_is_kept(tmp_path: Path) -> None:
    directory = copied("defaults", tmp_path)
    fleet = directory / "fleet.tf"
    fleet.write_text(fleet.read_text().replace(
        "  max_size                  = var.max_size\n",
        "  max_size                  = var.max_size\n  default_cooldown          = 60\n",
    ))  # fmt: skip
    found, stack = understood(directory)
    assert [(it.file, it.what) for it in found.unread] == [
        ("fleet.tf", "aws_autoscaling_group.this.default_cooldown")
    ]
    changes = compare(directory, files_for(stack, directory))
    assert changes.hand_edited == ()
    write(changes)
    written = fleet.read_text()
    assert "default_cooldown          = 60\n" in written
    assert "terraform_data.fleet_ties" in written


@pytest.mark.parametrize(
    ("start", "port", "handed_over"), [(80, 443, False), (8080, 443, False), (8080, 8080, True)]
)
def test_a_port_changes_hands_only_where_http_had_it(
    start: int, port: int, handed_over: bool, tmp_path: Path
) -> None:
    """AWS accepts neither a listener on a port in use nor a rule that exists already."""
    http = made(load_balancer__port=start)
    put(tmp_path, files_for(http, tmp_path))
    https = made(HTTPS, load_balancer__port=port)
    files = files_for(https, tmp_path)
    written = load_configuration(files)
    assert (PORT_HANDOVER in written.blocks) is handed_over
    for kind in (LISTENER, RULE):
        if handed_over:
            needs = references(written, f"{kind}.https", "depends_on")
            assert needs == [f"{kind}.http", PORT_HANDOVER]
            assert references(written, f"{kind}.http", "depends_on") == [PORT_HANDOVER]
        else:
            assert references(written, f"{kind}.http", "depends_on") == [f"{kind}.https"]
            assert written.expression(f"{kind}.https", "depends_on") is None
    put(tmp_path, files)
    found = read(tmp_path)
    assert (found.stack, found.edits) == (https, ())
    # The block stays as long as HTTPS does: the change back needs it in the state.
    assert files_for(https, tmp_path) == files
    assert PORT_HANDOVER not in load_configuration(files_for(http, tmp_path)).blocks


def test_a_port_that_only_the_state_still_has_changes_hands_too(tmp_path: Path) -> None:
    put(tmp_path, render(made(HTTPS, load_balancer__port=8443)))
    listener = {
        "mode": "managed", "type": LISTENER, "name": "http",
        "instances": [{"attributes": {"port": 443, "protocol": "HTTP"}}],
    }  # fmt: skip
    (tmp_path / "terraform.tfstate").write_text(json.dumps({"version": 4, "resources": [listener]}))
    assert PORT_HANDOVER in load_configuration(files_for(made(HTTPS), tmp_path)).blocks
    assert (
        PORT_HANDOVER
        not in load_configuration(files_for(made(HTTPS, load_balancer__port=444), tmp_path)).blocks
    )


def test_no_listener_changes_its_port_between_http_and_https() -> None:
    before, after = load_configuration(render(made())), load_configuration(render(made(HTTPS)))
    for kind, attribute in ((LISTENER, "port"), (RULE, "from_port")):
        assert before.value(f"{kind}.http", attribute) == 80
        assert after.value(f"{kind}.http", attribute) == 80
        assert after.value(f"{kind}.https", attribute) == 443
    assert after.value(f"{LISTENER}.https", "default_action.type") == "forward"
    assert before.value(f"{LISTENER}.http", "default_action.type") == "forward"
    needs = references(after, "aws_ecs_service.this", "depends_on")
    assert {f"{LISTENER}.https", f"{LISTENER}.http"} <= set(needs)
    read_again = read_back(render(made(HTTPS, load_balancer__certificate_arn=f"{CERTIFICATE}9")))
    assert read_again.answers["load_balancer.certificate_arn"] == f"{CERTIFICATE}9"


def test_the_rules_learn_of_it_and_of_the_container_that_is_applied(tmp_path: Path) -> None:
    directory = copied("defaults", tmp_path, state=True)
    _, stack = understood(directory)
    facts = own_state(directory, {}).facts
    assert facts.earlier == str(directory)
    assert facts.container == (stack.task.container_name, stack.task.container_port)
    assert facts.listeners[f"{LISTENER}.this"] == ("HTTP", 80)
    write(compare(directory, files_for(stack, directory)))
    facts = own_state(directory, {}).facts
    assert (facts.earlier, facts.unapplied) == ("", str(directory))
    (directory / "terraform.tfstate").unlink()
    facts = own_state(directory, {}).facts
    assert (facts.container, facts.unapplied) == (None, "")


def test_an_upgrade_is_open_until_all_of_it_is_applied(tmp_path: Path) -> None:
    directory = copied("defaults", tmp_path, state=True)
    stored = (directory / "terraform.tfstate").read_bytes()
    _, stack = understood(directory)
    more = other(stack, {"service.desired_count": 3})
    assert two_changes(directory, more, {}) == TwoChanges(written=False)
    assert two_changes(directory, stack, {}) is None
    (directory / "terraform.tfstate").unlink()
    assert two_changes(directory, more, {}) is None
    (directory / "terraform.tfstate").write_bytes(stored)
    write(compare(directory, files_for(stack, directory)))
    assert two_changes(directory, stack, {}) is None
    applied(directory, whole=False)
    assert two_changes(directory, more, {}) == TwoChanges(written=True)
    (directory / "terraform.tfstate").write_bytes(stored)
    applied(directory)
    assert own_state(directory, {}).facts.unapplied == ""
    assert two_changes(directory, more, {}) is None
    (directory / "terraform.tfstate").write_text("{")
    unknown = two_changes(directory, more, {})
    assert unknown is not None and unknown.written and "terraform.tfstate" in unknown.unread


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("fleet.tf", "= var.max_size", "= local.most",
         "Some of the Terraform in the directory could not be read"),
        ("terraform.tfvars", "min_size      = 0", "min_size      = 9",
         "The Terraform in the directory has values that are not valid: fleet.m"),
    ],
)  # fmt: skip
def test_why_the_upgrade_can_t_be_written_alone(
    file: str, before: str, after: str, said: str, tmp_path: Path
) -> None:
    directory = copied("defaults", tmp_path, state=True)
    _, stack = understood(directory)
    path = directory / file
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    found = two_changes(directory, stack, {})
    assert found is not None and found.obstacle.startswith(said)
    with pytest.raises(WriteProblem, match=said):
        upgrade_of(directory, {})


def test_a_state_in_a_bucket_says_what_files_of_today_s_version_move(tmp_path: Path) -> None:
    _, stack = understood(EARLIER / "https-443")
    in_bucket = other(stack, {"state.backend": "s3", "state.bucket": "states", "state.key": "k"})
    directory = tmp_path / "lost"
    put(directory, render(in_bucket))
    environ = engine_with_state(tmp_path, EARLIER / "https-443" / "terraform.tfstate")
    # Without an init there is no engine to run, and a plan that would destroy is refused.
    assert not asks_state(directory, environ)
    noted = {"backend": {"type": "s3", "config": {"bucket": "states", "key": "k"}, "hash": 1}}
    put(directory / ".terraform", {"terraform.tfstate": json.dumps(noted)})
    assert asks_state(directory, environ)
    known = stored_listeners(directory, environ)
    assert known[f"{LISTENER}.this"] == ("HTTPS", 443)
    assert known[f"{LISTENER}.redirect"] == ("HTTP", 80)
    files = files_for(in_bucket, directory, known)
    assert sorted(moves(files)) == sorted(TO_HTTPS)
    # After a write by this version, or in files of the earlier version, the files show it.
    put(directory, files)
    assert not asks_state(directory, environ)
    assert sorted(moves(files_for(in_bucket, directory))) == sorted(TO_HTTPS)
    earlier = copied("defaults", tmp_path)
    put(earlier / ".terraform", {"terraform.tfstate": json.dumps(noted)})
    assert not asks_state(earlier, environ)


def test_render_asks_a_state_in_a_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, stack = understood(EARLIER / "defaults")
    directory = tmp_path / "lost"
    in_bucket = other(stack, {"state.backend": "s3", "state.bucket": "states", "state.key": "k"})
    put(directory, render(in_bucket))
    config = {"bucket": "states", "key": "k", "region": in_bucket.state.region}
    noted = {"backend": {"type": "s3", "config": config, "hash": 1}}
    put(directory / ".terraform", {"terraform.tfstate": json.dumps(noted)})
    environ = engine_with_state(tmp_path, tmp_path / "gone")
    monkeypatch.setenv("PATH", environ["PATH"])
    assert main(["render", str(directory), str(directory), "--yes"]) == 0
    said = capsys.readouterr().err
    assert "If the state is from an earlier version, the plan shows what to add." in said
    assert not (directory / "moved.tf").exists()
    engine_with_state(tmp_path, EARLIER / "defaults" / "terraform.tfstate")
    assert main(["render", str(directory), str(directory), "--yes"]) == 0
    assert moves({"moved.tf": (directory / "moved.tf").read_text()}) == TO_HTTP


def engine_with_state(folder: Path, state: Path) -> dict[str, str]:
    """Return the environment with an engine that pulls ``state``."""
    binary = folder / "bin" / "terraform"
    binary.parent.mkdir(exist_ok=True)
    version = '{"terraform_version": "1.11.4", "platform": "linux_amd64"}'
    binary.write_text(
        f"#!/bin/sh\ncase $1 in version) echo '{version}' ;; state) exec cat '{state}' ;; esac\n"
    )
    binary.chmod(0o755)
    return {"PATH": f"{binary.parent}:/usr/bin:/bin"}
