"""The table of changes is complete and up to date, and its rules describe the effects of a plan."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.relevance import is_relevant
from gpuecs_tui.terraform.plan.details import Action, ChangedAttribute, PlanTree, ResourceChange
from gpuecs_tui.terraform.plan.notices import notices
from tests.changes import table
from tests.changes.declared import BASE, CHANGES, REFUSED
from tests.changes.notice import noticed
from tests.changes.rendered import fingerprint, read_by_terraform
from tests.changes.trial import FAULT, Row, Trial, batches


def test_every_key_is_changed() -> None:
    assert {change.key for change in CHANGES} == set(KEYS)
    assert len({change.name for change in CHANGES}) == len(CHANGES)


def test_every_change_counts_and_differs() -> None:
    for change in CHANGES:
        before = {**BASE, **change.given}
        after = {**before, **change.along, change.key: change.to}
        default = KEYS[change.key].default
        assert before.get(change.key, default) != change.to, change.name
        assert is_relevant(change.key, after), change.name
        assert set(after) <= set(KEYS), change.name
        if "@" not in repr(change.to):
            assert KEYS[change.key].problem(change.to) == "", change.name


@pytest.mark.skipif(not table.DOCUMENT.exists(), reason="not yet made: make changes")
def test_the_table_is_fresh_and_has_every_change() -> None:
    text = table.DOCUMENT.read_text("utf-8")
    fresh = table.fresh(text)
    stale = [it.name for it in CHANGES if it.name not in fresh]
    assert stale == [], "run make changes"
    outcomes = table.ended(text)
    assert len(outcomes) == len(CHANGES)
    assert [name for name, outcome in outcomes.items() if outcome.startswith(FAULT)] == []
    assert [name for name, outcome in outcomes.items() if outcome == table.NOT_YET] == []


def test_the_document_keeps_each_row_in_one_line() -> None:
    change = CHANGES[0]
    row = Row(change.name, change.key, plan=["aws_lb.this in place"], verdict="works")
    row.problem = "a | b\nsg-0a1b2c3d4e5f60718 and c"
    text = table.document({change.name: row})
    assert [*table.fresh(text)] == [change.name]
    # A row that is kept stays as it is, and a new one replaces it.
    assert table.document({}, table.fresh(text)) == text
    other = Row(change.name, change.key, verdict="works")
    assert table.document({change.name: other}, table.fresh(text)) != text
    outcomes = table.ended(text)
    assert len(outcomes) == len(CHANGES)
    assert next(iter(outcomes.values())) == "works: a \\| b sg-… and c"
    assert list(outcomes.values()).count(table.NOT_YET) == len(CHANGES) - 1
    assert set(KEYS) >= set(REFUSED)


_FILE = """\
# Balances the load.
resource "aws_lb" "this" {
  # A comment.
  name = "llm"

  policy = <<-EOT
    # part of the value

    not the end: EOT
  EOT
  # after the heredoc
  color = "#123456"
}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# Balances the load.", "# Distributes the requests.\n#\n# See the guide."),
        ("  # A comment.\n", ""),
        ("  # after the heredoc", "\n\n    # behind the heredoc"),
    ],
)
def test_a_comment_of_a_terraform_file_leaves_the_fingerprint(before: str, after: str) -> None:
    assert _read("a.tf", before, after) == _read("a.tf")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"llm"', '"llm-lb"'),
        ("    # part of the value", "    # another value"),
        ("    # part of the value\n\n", "    # part of the value\n"),
        ("    not the end: EOT", "    # not the end: EOT"),
        ("#123456", "#654321"),
        ('  name = "', '  # name = "'),
    ],
)
def test_what_a_plan_depends_on_changes_the_fingerprint(before: str, after: str) -> None:
    assert _read("a.tf", before, after) != _read("a.tf")


def test_a_comment_in_the_user_data_changes_the_fingerprint() -> None:
    # The launch template contains the whole script, including its first line.
    name = "user_data.sh"
    for before in ("# Balances the load.", "  # after the heredoc"):
        assert _read(name, before, f"{before} Really.") != _read(name)


@pytest.mark.parametrize(
    ("name", "argument", "counts"),
    [
        ("variables.tf", "description", False),
        ("outputs.tf", "description", False),
        ("network.tf", "description", True),
        ("variables.tf", "error_message", False),
        ("network.tf", "error_message", False),
    ],
)
def test_a_text_that_only_people_read_leaves_the_fingerprint(
    name: str, argument: str, counts: bool
) -> None:
    texts = [_read(name, "  name =", f'  {argument} = "{it}"\n  name =')
             for it in ("These words.", "Other words.")]  # fmt: skip
    assert (texts[0] != texts[1]) is counts


def _read(name: str, before: str = "", after: str = "") -> list[str]:
    assert before in _FILE
    text = _FILE.replace(before, after) if before else _FILE
    return [*read_by_terraform({name: text})]


def test_a_row_becomes_stale_with_the_stack_before_or_after_its_change() -> None:
    change = next(it for it in CHANGES if it.key == "health_check.path")
    text = table.document({change.name: Row(change.name, change.key, verdict="works")})
    assert [*table.fresh(text)] == [change.name]
    other = {
        fingerprint(replace(change, to="/other")),
        fingerprint(replace(change, given={"fleet.min_size": 1})),
        fingerprint(replace(change, along={"fleet.min_size": 1})),
    }
    assert len(other | {fingerprint(change)}) == 4
    for each in other:
        assert table.fresh(text.replace(fingerprint(change), each)) == {}


def _change(
    address: str,
    action: Action,
    *paths: str,
    create_first: bool = False,
    after: Mapping[str, object] | None = None,
) -> ResourceChange:
    attributes = tuple(ChangedAttribute(path, "1", "2") for path in paths)
    kind = address.partition(".")[0]
    return ResourceChange(
        address, kind, action, "", attributes, create_first=create_first, after=after or {}
    )


def _noticed(*changes: ResourceChange) -> str:
    return " ".join(noticed(PlanTree(changes, ())))


def test_what_users_notice_follows_from_the_plan() -> None:
    update, replace, delete = Action.UPDATE, Action.REPLACE, Action.DELETE
    template = _change("aws_launch_template.this", update, "image_id")
    assert "Running instances stay" in _noticed(template)
    group = _change("aws_autoscaling_group.this", replace, create_first=True)
    assert "doubled" in _noticed(group)
    listener = _change("aws_lb_listener.http", update, "port")
    assert _noticed(listener) == "Requests to port 1 are refused from now on; port 2 answers."
    service = _change("aws_ecs_service.this", update, "task_definition")
    definition = _change("aws_ecs_task_definition.this", replace, "container_definitions")
    assert "rolling deployment" in _noticed(service, definition)
    assert "next deployment" in _noticed(definition)
    service = _change("aws_ecs_service.this", replace, "cluster")
    balancer = _change("aws_lb.this", replace, "internal")
    told = _noticed(service, balancer, _change("aws_lb_listener.http", replace))
    assert "All tasks stop" in told and "DNS name" in told and "listener" not in told
    assert "cut off" in _noticed(_change("aws_security_group.instances", delete))
    renamed = _change("aws_launch_template.this", replace, "name", create_first=True)
    assert "use the new template" in _noticed(renamed)
    assert _noticed(_change("aws_lb.this", update, "idle_timeout")) == ""


def test_instances_are_replaced_only_by_a_refresh_that_the_group_has() -> None:
    policy = "mixed_instances_policy[0]"
    version = f"{policy}.launch_template[0].launch_template_specification[0].version"
    override = f"{policy}.launch_template[0].override[1].instance_type"
    share = f"{policy}.instances_distribution[0].on_demand_percentage_above_base_capacity"
    template = _change("aws_launch_template.this", Action.UPDATE, "image_id")

    def group(*paths: str, refresh: bool = False) -> ResourceChange:
        after = {"mixed_instances_policy": [{"x": 1}]}
        refreshed = {"instance_refresh": [{"strategy": "Rolling"}]} if refresh else {}
        address = "aws_autoscaling_group.this"
        return _change(address, Action.UPDATE, *paths, after={**after, **refreshed})

    replaced = "Instances are replaced one after another; their tasks move."
    stay = "Running instances stay as they are; instances that start later differ."
    for path in (override, share, version, "launch_template[0].version"):
        assert _noticed(template, group(path, refresh=True)) == replaced
        assert replaced not in _noticed(template, group(path))
    assert _noticed(template, group("instance_refresh[0].strategy", refresh=True)) == stay
    assert _noticed(template, group("launch_template[0].version")) == stay
    assert "Only new instances use the new list of types" in _noticed(template, group(override))
    told = _noticed(group(share))
    assert "gradually replaces running instances" in told and stay not in told


def test_the_table_has_what_the_plan_itself_says_of_requests() -> None:
    def updated(kind: str, path: str, before: str, after: str) -> ResourceChange:
        changed = (ChangedAttribute(path, before, after),)
        return ResourceChange(f"{kind}.x", kind, Action.UPDATE, "", changed)

    for change, said in (
        (updated("aws_lb_listener", "default_action[0].type", '"forward"', '"redirect"'),
         "redirected to HTTPS"),
        (updated("aws_lb_target_group", "health_check[0].path", '"/a"', '"/b"'),
         "path from /a to /b"),
        (updated("aws_ecs_service", "desired_count", "2", "0"), "All tasks stop"),
    ):  # fmt: skip
        plan = PlanTree((change,), ())
        (line,) = [it for it in noticed(plan) if said in it]
        assert line in [it.message for it in notices(plan)], "in the same words"


def test_clients_notice_a_range_that_is_taken_away() -> None:
    def rule(cidr: str, action: Action) -> ResourceChange:
        return _change(f'aws_vpc_security_group_ingress_rule.https["{cidr}"]', action)

    gone = [rule(it, Action.DELETE) for it in ("192.168.7.0/24", "fd00:1::/32")]
    told = _noticed(*gone, rule("192.168.0.0/20", Action.CREATE), rule("::/0", Action.CREATE))
    assert told == " ".join(
        f"Clients in {it} may fail to connect until the new rule exists."
        for it in ("192.168.7.0/24", "fd00:1::/32")
    )
    told = _noticed(gone[0], rule("192.168.8.0/21", Action.CREATE), rule("::/0", Action.CREATE))
    assert (
        told == "Clients in 192.168.7.0/24 can no longer connect, unless another rule allows them."
    )
    # The effect on the load balancer or its target group is sufficient.
    assert "Clients" not in _noticed(gone[0], _change("aws_lb.this", Action.REPLACE))


def test_the_document_says_of_address_ranges_what_the_rules_derive() -> None:
    words = {"created": Action.CREATE, "deleted": Action.DELETE, "in place": Action.UPDATE}
    rows = [line.split(" | ") for line in table.DOCUMENT.read_text().splitlines() if " → " in line]
    assert len(rows) == len(CHANGES)
    for _name, plan, told, _outcome in rows:
        found = re.findall(r"`([^`]+)` (created|deleted|in place|replaced)", plan)
        changes = [_change(address, words.get(it, Action.REPLACE)) for address, it in found]
        derived = [line for line in noticed(PlanTree(tuple(changes), ())) if "Clients in" in line]
        assert derived == [line for line in told.split("<br>") if "Clients in" in line]


def test_changes_of_one_resource_or_a_destruction_are_not_tried_together() -> None:
    def trial(number: int, *changes: ResourceChange) -> Trial:
        row = Row(CHANGES[number].name, CHANGES[number].key)
        return Trial(CHANGES[number], row, PlanTree(changes, ()))

    first = trial(0, _change("aws_lb.this", Action.UPDATE))
    same = trial(1, _change("aws_lb.this", Action.UPDATE))
    other = trial(2, _change("aws_launch_template.this", Action.UPDATE))
    gone = trial(3, _change("aws_ecs_service.this", Action.REPLACE))
    assert batches([first, same, other, gone]) == [[first, other], [same], [gone]]
