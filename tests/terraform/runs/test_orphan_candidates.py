"""Resources that are missing from the state, from recorded streams of a killed or cancelled
apply."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.aws import orphans
from gpuecs_tui.terraform.runner.import_ids import (
    SET_AGAIN,
    GeneratedImport,
    import_blocks,
    import_id,
    is_known,
)
from gpuecs_tui.terraform.runs.orphan_candidates import Candidate, candidates, note_absent
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.state.stored_state import NOTHING, parse_state
from tests.support.repository import ROOT
from tests.support.terraform.apply_events import hook, state_with
from tests.support.terraform.fake_engine import event, stream
from tests.support.terraform.run_folders import stage

KILLED = stream("apply-signal-KILL")
IN_FLIGHT = {"aws_lb.this", "aws_ecs_cluster_capacity_providers.this"}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "stack"


def test_an_imported_attachment_is_the_one_that_was_created(stack: Path) -> None:
    # The AWS provider generates the id in two ways: at a creation, and at an import.
    kind, policy = "aws_iam_role_policy_attachment", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"
    run = stage(
        stack,
        RunStatus.FAILED,
        [
            hook(f"{kind}.{name}", "complete", id_=f"{role}-20310102030405060700000001")
            for name, role in (("a", "web"), ("b", "web-blue"))
        ]
        + [hook("terraform_data.ties", "complete", id_="0c7b6c1e-6f0e-4a0e-9d9b-5a4c8c1d2e3f")],
    )
    found = {it.address for it in candidates([run], NOTHING)}
    assert found == {f"{kind}.a", f"{kind}.b"}, "what is only in the state is never lost"
    resources = [
        {
            "mode": "managed",
            "type": kind,
            "name": name,
            "instances": [{"attributes": {"id": f"web-{policy}", "role": "web"}}],
        }
        for name in ("a", "b")
    ]
    state = parse_state(json.dumps({"serial": 1, "resources": resources}).encode(), "test")
    (other,) = candidates([run], state)
    assert (other.address, other.other_id) == (f"{kind}.b", f"web-{policy}"), "of another role"


def test_a_killed_apply_is_known_to_the_last_resource(stack: Path) -> None:
    run = stage(stack, RunStatus.FAILED, KILLED)
    found = {it.address: it for it in candidates([run], NOTHING)}
    assert {address for address, it in found.items() if not it.certain} == IN_FLIGHT
    assert len(found) - len(IN_FLIGHT) == 26
    cluster = found["aws_ecs_cluster.this"]
    assert cluster.id == "arn:aws:ecs:us-east-1:123456789012:cluster/kkil"
    assert cluster.begun_at is not None and cluster.run == run.id
    assert not any(address.startswith("data.") for address in found)


def test_what_the_state_has_is_not_missing(stack: Path) -> None:
    lines = [hook("aws_lb.a", "start"), hook("aws_lb.a", "complete", id_="arn:a")]
    run = stage(stack, RunStatus.FAILED, lines)
    assert candidates([run], state_with(a="arn:a")) == ()
    (other,) = candidates([run], state_with(a="arn:older"))
    assert other.other_id == "arn:older"


def test_an_interrupted_one_in_the_state_is_no_orphan(stack: Path) -> None:
    run = stage(stack, RunStatus.CANCELLED, [hook("aws_lb.a", "start")])
    assert candidates([run], state_with(a="arn:a")) == ()
    assert [it.address for it in candidates([run], NOTHING)] == ["aws_lb.a"]


def test_a_success_is_the_end_of_the_way_back(stack: Path) -> None:
    created = [hook("aws_lb.a", "start"), hook("aws_lb.a", "complete", id_="arn:a")]
    old = stage(stack, RunStatus.FAILED, created)
    assert candidates([stage(stack, RunStatus.SUCCEEDED), old], NOTHING) == ()


def test_a_later_delete_counts(stack: Path) -> None:
    created = [hook("aws_lb.a", "start"), hook("aws_lb.a", "complete", id_="arn:a")]
    old = stage(stack, RunStatus.FAILED, created)
    gone = stage(
        stack, RunStatus.FAILED, [hook("aws_lb.a", "complete", "delete")], operation="destroy"
    )
    assert candidates([gone, old], NOTHING) == ()


def test_a_name_that_was_taken_may_be_by_ourselves(stack: Path) -> None:
    # The creation was carried out, its response lost, and the provider's second call refused.
    words = "https response error StatusCode: 409, api error EntityAlreadyExists"
    refused = event(
        type="diagnostic",
        diagnostic={"severity": "error", "summary": words, "address": "aws_lb.a"},
    )
    lines = [hook("aws_lb.a", "start"), hook("aws_lb.a", "errored"), refused]
    (found,) = candidates([stage(stack, RunStatus.FAILED, lines)], NOTHING)
    # Only the account can show it; until then, the name counts as that of another owner.
    assert not found.certain and found.taken


@pytest.mark.parametrize(
    ("words", "may_exist"),
    [
        ("creating ELB: api error ValidationError: no; StatusCode: 400", False),
        ("putting IAM Role Policy: StatusCode: 403, api error ExpiredToken", False),
        # Created, and the call after it refused, as when the credentials expire.
        ("reading ELB (arn): StatusCode: 403, api error ExpiredToken", True),
        ("creating ELB: waiting for completion: StatusCode: 403, api error ExpiredToken", True),
        ("creating ELB: https response error StatusCode: 503, exceeded maximum number", True),
        ("request send failed, Post: connection reset by peer, StatusCode: 0", True),
        ("waiting for ELBv2 Load Balancer (arn) create: context canceled", True),
    ],
)
def test_a_create_that_aws_refused_did_not_happen(stack: Path, words: str, may_exist: bool) -> None:
    told = {"severity": "error", "summary": words, "address": "aws_lb.a"}
    lines = [
        hook("aws_lb.a", "start"),
        hook("aws_lb.a", "errored"),
        event(type="diagnostic", diagnostic=told, **{"@message": "Error"}),
    ]
    assert bool(candidates([stage(stack, RunStatus.FAILED, lines)], NOTHING)) is may_exist


def test_what_was_looked_for_in_vain_is_not_looked_for_again(stack: Path) -> None:
    run = stage(stack, RunStatus.CANCELLED, [hook("aws_lb.a", "start"), hook("aws_lb.b", "start")])
    note_absent(run, ["aws_lb.a"])
    assert [it.address for it in candidates([run], NOTHING)] == ["aws_lb.b"]


def test_a_plan_creates_nothing(stack: Path) -> None:
    run = stage(stack, RunStatus.FAILED, [hook("aws_lb.a", "start")], operation="plan")
    assert candidates([run], NOTHING) == ()


def test_keys_and_modules_are_part_of_an_address() -> None:
    raw = {
        "resources": [
            {"mode": "data", "type": "aws_vpc", "name": "x", "instances": [{}]},
            {
                "module": "module.net",
                "mode": "managed",
                "type": "aws_lb",
                "name": "n",
                "instances": [
                    {"index_key": "10.0.0.0/8", "attributes": {"id": "a"}, "status": "tainted"},
                    {"index_key": 1, "attributes": {"id": "b"}},
                    {"deposed": "abcd", "attributes": {"id": "old"}},
                ],
            },
        ]
    }
    found = parse_state(json.dumps(raw).encode(), "test").resources
    assert [(it.address, it.tainted) for it in found] == [
        ('module.net.aws_lb.n["10.0.0.0/8"]', True),
        ("module.net.aws_lb.n[1]", False),
    ]


@pytest.mark.parametrize(
    ("type_", "id_", "planned", "wanted"),
    [
        ("aws_ecs_cluster", "arn:aws:ecs:r:1:cluster/c", {}, "c"),
        ("aws_ecs_service", "arn:aws:ecs:r:1:service/c/s", {}, "c/s"),
        ("aws_ecs_service", "arn:aws:ecs:r:1:service", {}, None),
        ("aws_ecs_capacity_provider", "arn:aws:ecs:r:1:capacity-provider/p", {}, "p"),
        ("aws_ecs_cluster_capacity_providers", "c", {}, "c"),
        ("aws_ecs_task_definition", "family", {}, None),
        (
            "aws_iam_role_policy_attachment",
            "r-2026",
            {"role": "r", "policy_arn": "arn:p"},
            "r/arn:p",
        ),
        ("aws_iam_role_policy_attachment", "r-2026", {"role": "r"}, None),
        ("aws_iam_role_policy", "r:inline", {}, "r:inline"),
        (
            "aws_appautoscaling_target",
            "service/c/s",
            {"service_namespace": "ecs", "scalable_dimension": "ecs:service:DesiredCount"},
            "ecs/service/c/s/ecs:service:DesiredCount",
        ),
        ("aws_appautoscaling_target", "service/c/s", {}, None),
        ("aws_appautoscaling_policy", "requests", {}, None),
        ("aws_vpc_security_group_ingress_rule", "sgr-1", {}, "sgr-1"),
        ("aws_wafv2_web_acl_association", "arn:acl,arn:lb", {}, "arn:acl,arn:lb"),
        ("aws_route53_record", "Z1_a.example_A", {}, "Z1_a.example_A"),
        ("aws_sns_topic", "arn:x", {}, None),
    ],
)
def test_import_ids(type_: str, id_: str, planned: dict[str, Any], wanted: str | None) -> None:
    assert import_id(type_, id_, planned) == wanted


def test_every_type_that_is_written_can_be_imported_and_looked_for() -> None:
    texts = [path.read_text() for path in (ROOT / "templates").glob("*.tf.j2")]
    named = set(re.findall(r'^resource "(aws_[a-z0-9_]+)"', "\n".join(texts), re.MULTILINE))
    rules = {f"aws_vpc_security_group_{kind}_rule" for kind in ("ingress", "egress")}
    assert len(named) >= 15
    for type_ in named | rules:
        if type_ in SET_AGAIN:
            continue
        assert is_known(type_), type_
        # It does no harm to associate a cluster with its providers a second time.
        associates = type_ == "aws_ecs_cluster_capacity_providers"
        assert (type_ in orphans._LOOKS) is not associates, type_


def test_import_blocks_never_evaluate_what_they_hold() -> None:
    text = import_blocks([GeneratedImport('aws_lb.a["x"]', 'a"${b}%{c}\\')])
    assert text == ('import {\n  to = aws_lb.a["x"]\n  id = "a\\"$${b}%%{c}\\\\"\n}\n')


def test_a_candidate_is_certain_by_its_id() -> None:
    assert Candidate("a.b", "a", "i", "r", None).certain
    assert not Candidate("a.b", "a", "", "r", None).certain
