"""The answers about the load balancer that need more than one attribute, and what is written when
they are turned off."""

from __future__ import annotations

import pytest

from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.directory import read_back
from gpuecs_tui.terraform.read.past import past_in
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import HTTPS, WEB_ACL, made

FILE = "load_balancer.tf"
STICKINESS = "load_balancer.stickiness_seconds"
POLICY = "load_balancer.tls_policy"
START = '  stickiness {\n    type            = "lb_cookie"\n    cookie_duration = 3600\n  }\n'


def with_stickiness(block: str) -> dict[str, str]:
    files = render(made(load_balancer__stickiness_seconds=3600))
    assert START in files[FILE]
    return {**files, FILE: files[FILE].replace(START, block)}


@pytest.mark.parametrize(
    ("block", "seconds"),
    [
        (START, 3600),
        ('  stickiness {\n    type = "lb_cookie"\n  }\n', 86400),
        ('  stickiness {\n    type = "lb_cookie"\n    enabled = false\n  }\n', 0),
        ("", 0),
    ],
)
def test_stickiness_is_read(block: str, seconds: int) -> None:
    found = read_back(with_stickiness(block))
    assert found.answers[STICKINESS] == seconds
    assert found.unread == ()


@pytest.mark.parametrize(
    "block",
    [
        '  stickiness {\n    type = "app_cookie"\n    cookie_name = "me"\n  }\n',
        '  stickiness {\n    type = "lb_cookie"\n    enabled = aws_lb.this.internal\n  }\n',
        '  dynamic "stickiness" {\n    for_each = var.x\n    content {}\n  }\n',
    ],
)
def test_other_stickiness_is_not_taken_as_an_answer(block: str) -> None:
    found = read_back(with_stickiness(block))
    assert STICKINESS not in found.answers
    assert [it.keys for it in found.unread if STICKINESS in it.keys] == [(STICKINESS,)]


def test_stickiness_that_is_turned_off_is_written_as_off() -> None:
    """The provider leaves stickiness as it is in a target group without the block."""
    on = load_configuration(render(made(load_balancer__stickiness_seconds=3600)))
    off = render(made(), past_in(on))
    written = load_configuration(off)
    assert written.value("aws_lb_target_group.this", "stickiness.enabled") is False
    assert past_in(written) == past_in(on)
    again = read_back(off)
    assert (again.stack, again.edits, again.unread) == (made(), (), ())
    assert "stickiness" not in render(made())[FILE]


def test_a_listener_without_a_policy_has_the_default_of_the_api() -> None:
    files = render(made(HTTPS))
    line = next(it for it in files[FILE].splitlines() if "ssl_policy" in it)
    found = read_back({**files, FILE: files[FILE].replace(line, "")})
    assert found.answers[POLICY] == "ELBSecurityPolicy-2016-08"


BUCKET, PREFIX = "load_balancer.access_log_bucket", "load_balancer.access_log_prefix"
LOGS = '  access_logs {\n    enabled = true\n    bucket  = "logs"\n    prefix  = "llm"\n  }\n'


def with_logs(block: str) -> dict[str, str]:
    files = render(made({BUCKET: "logs", PREFIX: "llm"}))
    assert LOGS in files[FILE]
    return {**files, FILE: files[FILE].replace(LOGS, block)}


@pytest.mark.parametrize(
    ("block", "answers"),
    [
        (LOGS, {BUCKET: "logs", PREFIX: "llm"}),
        (LOGS.replace('    prefix  = "llm"\n', ""), {BUCKET: "logs", PREFIX: ""}),
        ('  access_logs {\n    enabled = false\n    bucket  = "logs"\n  }\n', {BUCKET: ""}),
        ("", {BUCKET: ""}),
    ],
)
def test_access_logs_are_read(block: str, answers: dict[str, str]) -> None:
    found = read_back(with_logs(block))
    logs = {key: found.answers[key] for key in (BUCKET, PREFIX) if key in found.answers}
    assert logs == answers
    assert found.unread == ()


def test_access_logs_without_a_known_switch_are_not_taken_as_an_answer() -> None:
    found = read_back(with_logs(LOGS.replace("true", "aws_lb_target_group.this.id")))
    assert BUCKET not in found.answers
    assert [it.keys for it in found.unread if BUCKET in it.keys] == [(BUCKET,)]


def test_access_logs_that_are_turned_off_are_written_as_off() -> None:
    """The provider leaves access logs as they are on a load balancer without the block."""
    on = load_configuration(render(made({BUCKET: "logs"})))
    off = render(made(), past_in(on))
    written = load_configuration(off)
    assert written.value("aws_lb.this", "access_logs.enabled") is False
    assert past_in(written) == past_in(on)
    again = read_back(off)
    assert (again.stack, again.edits, again.unread) == (made(), (), ())


ACL = "load_balancer.web_acl_arn"


def test_a_web_acl_of_something_else_is_not_taken_as_an_answer() -> None:
    files = render(made({ACL: WEB_ACL}))
    assert read_back(files).answers[ACL] == WEB_ACL
    other = files[FILE].replace("resource_arn = aws_lb.this.arn", 'resource_arn = "arn:x"')
    assert other != files[FILE]
    found = read_back({**files, FILE: other})
    assert ACL not in found.answers
    assert [it.keys for it in found.unread if ACL in it.keys] == [(ACL,)]
    assert read_back(render(made())).answers[ACL] == ""


HOST, ZONE = "load_balancer.host_name", "load_balancer.hosted_zone_id"
NAMED = {HOST: "llm.example.com", ZONE: "Z1D633PJN98FT9"}


def test_a_record_of_something_else_is_not_taken_as_an_answer() -> None:
    files = render(made(NAMED))
    found = read_back(files)
    assert {key: found.answers[key] for key in NAMED} == NAMED
    assert 'value       = "http://${var.host_name}"' in files["outputs.tf"]
    lines = files[FILE].splitlines(keepends=True)
    name = next(number for number, it in enumerate(lines) if "aws_lb.this.dns_name" in it)
    lines[name] = '    name = "elsewhere.example.com"\n'
    found = read_back({**files, FILE: "".join(lines)})
    assert not {HOST, ZONE} & found.answers.keys()
    assert [it.keys for it in found.unread if it.keys] == [(HOST, ZONE)]
    only = read_back(render(made({HOST: "llm.example.com"})))
    assert (only.answers[HOST], only.answers[ZONE], only.unread) == ("llm.example.com", "", ())
