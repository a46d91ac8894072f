"""docs/failure-modes.md lists the known failures, how gpuecs-tui handles each, and the test of it.

``python -m tests.test_failure_modes`` writes the page from this module.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpuecs_tui.checks.not_read import FILE_DELETED, NOT_READ
from gpuecs_tui.checks.registry import RULES
from gpuecs_tui.demo.fault_names import FAULTS, shape
from gpuecs_tui.stack.provider import EXCLUDED
from gpuecs_tui.terraform.plan.notices import CHANGE_NOTICED
from gpuecs_tui.terraform.plan.words import SERVICE_REPLACED

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "failure-modes.md"
PLACES = ("before", "plan", "design")
"""Columns: found by a rule before an apply, reported with a plan, prevented by the Terraform."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One failure mode."""

    id: str
    happens: str
    tests: dict[str, str]
    """Column → ``file::test`` below tests/."""


def _before(id: str, happens: str, test: str) -> Mode:
    return Mode(id, happens, {"before": f"checks/{test}"})


def _design(id: str, happens: str, test: str) -> Mode:
    return Mode(id, happens, {"design": f"terraform/render/test_lessons.py::{test}"})


def _resource(id: str, happens: str) -> Mode:
    return _before(id, happens, f"rules/test_resources.py::test_{id.replace('-', '_')}")


def _network(id: str, happens: str) -> Mode:
    return _before(id, happens, f"network/test_network_rules.py::test_{id.replace('-', '_')}")


def _service(id: str, happens: str) -> Mode:
    return _before(id, happens, f"rules/test_service_rules.py::test_{id.replace('-', '_')}")


def _container(id: str, happens: str) -> Mode:
    return _before(id, happens, f"rules/test_container_rules.py::test_{id.replace('-', '_')}")


def _scaling(id: str, happens: str) -> Mode:
    return _before(id, happens, f"rules/test_task_scaling.py::test_{id.replace('-', '_')}")


def _release(id: str, happens: str) -> Mode:
    return _before(id, happens, f"rules/test_releases.py::test_{id.replace('-', '_')}")


def _mix(id: str, happens: str) -> Mode:
    return _before(id, happens, f"rules/test_type_mix.py::test_{id.replace('-', '_')}")


def _state(id: str, happens: str) -> Mode:
    return _before(id, happens, "rules/test_own_state.py::test_each_remark_is_a_finding")


def _reference(id: str, happens: str) -> Mode:
    return _before(id, happens, f"rules/test_references.py::test_{id.replace('-', '_')}")


def _account(id: str, happens: str) -> Mode:
    return _before(id, happens, f"rules/test_account_rules.py::test_{id.replace('-', '_')}")


MODES = (
    _service("region", "The account can't use the Region."),
    _resource(
        "memory-fit",
        "Task memory exceeds what the ECS agent registers, less what user data reserves. The task "
        "can never be placed.",
    ),
    _resource("cpu-fit", "The task needs more CPU units than the instance has."),
    _resource("gpu-fit", "The task needs more GPUs than the instance has, or leaves some idle."),
    _resource(
        "gpu-type",
        "The instance type has no NVIDIA GPU, a fraction of one, no ECS GPU AMI, or no documented "
        "one.",
    ),
    _mix(
        "type-mix",
        "The instance types of a fleet have different sizes, which misleads managed scaling, or "
        "different architectures.",
    ),
    _mix("spot-share", "The On-Demand base and the Spot share leave no Spot instance."),
    _reference(
        "ami-type",
        "The AMI may lack the driver or the agent, has another architecture, does not exist, or "
        "is old.",
    ),
    _network(
        "zone-offering",
        "The instance type isn't offered in the Availability Zone of a chosen subnet.",
    ),
    _service(
        "quota",
        "The fleet at its maximum size, with the instances that run already, exceeds the vCPU "
        "quota.",
    ),
    _service(
        "rollout-surge",
        "The fleet or the percentages leave no room for an extra task, so deployments hang.",
    ),
    _release(
        "release-provider",
        "The deployment strategy needs a later AWS provider than the stack requires or the mirror "
        "has.",
    ),
    _release(
        "release-network",
        "A deployment strategy that shifts requests is chosen, and tasks have no address of their "
        "own.",
    ),
    _release(
        "release-scaling",
        "Tasks are scaled by the requests of one target group, and deployments swap two of them.",
    ),
    _release(
        "release-stickiness",
        "The load balancer keeps clients at a task, and the listener rule forwards to two target "
        "groups.",
    ),
    _release(
        "release-targets",
        "Terraform sets back the target groups that deployments swap, or ignores a change of the "
        "load balancer that it must send.",
    ),
    _scaling(
        "scaling-idle", "Task scaling is on, but no metric and no schedule changes the task count."
    ),
    _scaling(
        "scaling-from-zero",
        "Tasks are scaled to zero by metrics that have no data without tasks, so no task starts "
        "again.",
    ),
    _scaling(
        "scaling-cooldown",
        "The scale-out cool-down is shorter than the start of a task on a new instance, so more "
        "GPUs than needed are launched and billed.",
    ),
    _before(
        "scaling-gpu",
        "Tasks are scaled by the use of all GPUs, and idle instances lower the average.",
        "monitoring/test_gpu_metrics.py::test_scaling_gpu",
    ),
    _before(
        "gpu-metrics",
        "Instances can't reach CloudWatch, may not send GPU metrics, or can't install the agent.",
        "monitoring/test_gpu_metrics.py::test_gpu_metrics",
    ),
    _before(
        "alarm-topic",
        "The SNS topic of the alarms does not exist, is in another Region, or is encrypted with a "
        "key that CloudWatch can't use.",
        "monitoring/test_alarm_topic.py::test_alarm_topic",
    ),
    _before(
        "container-insights",
        "Terraform leaves Container Insights of the cluster on, which are billed for each metric.",
        "monitoring/test_insights.py::test_container_insights",
    ),
    _scaling("scaling-schedule", "The time zone does not exist, or a scheduled action never runs."),
    _scaling(
        "group-scaling",
        "Terraform in the directory scales the Auto Scaling group of the capacity provider, or "
        "has a second scalable target of the service.",
    ),
    _service("static-port", "A fixed host port allows one task per instance."),
    _service(
        "port-range",
        "The host port is reserved or ephemeral, or the health check port reaches no task.",
    ),
    _service(
        "initial-size",
        "The initial size of the Auto Scaling group is outside its minimum and maximum size.",
    ),
    _service("eni-limit", "awsvpc tasks need more network interfaces than the instance type has."),
    _network(
        "lb-zones",
        "The load balancer's subnets are in one zone only, share a zone, or are private.",
    ),
    _network("egress", "Instances can't reach ECS, so the agent never registers."),
    _network("free-addresses", "A subnet has fewer free addresses than the stack may need."),
    _before(
        "security-path",
        "Chosen security groups block clients from the listener, or the load balancer from tasks "
        "or their health checks.",
        "network/test_network_rules.py::test_the_load_balancer_reaches_its_tasks",
    ),
    _before(
        "cidr-bits",
        "A CIDR block has host bits set, which AWS rejects, or another block contains it.",
        "network/test_ingress.py::test_cidr_bits",
    ),
    _before(
        "rule-limit",
        "The load balancer's security group needs more rules than a security group allows.",
        "network/test_ingress.py::test_rule_limit",
    ),
    _before(
        "ingress-sources",
        "A prefix list or security group of the clients does not exist, or allows none of them.",
        "network/test_ingress.py::test_ingress_sources",
    ),
    _before(
        "task-size",
        "The task definition is larger than ECS accepts, so the apply fails partway.",
        "rules/test_sizes.py::test_task_size",
    ),
    _before(
        "policy-size",
        "The execution role's policy for the secrets is longer than IAM accepts.",
        "rules/test_sizes.py::test_policy_size",
    ),
    _before(
        "group-limit",
        "More security groups are chosen than a network interface or a service accepts.",
        "rules/test_sizes.py::test_group_limit",
    ),
    _before(
        "capability",
        "A Linux capability lets the container escape its isolation.",
        "rules/test_instance_rules.py::test_capability",
    ),
    _before(
        "imds-reach",
        "Containers can reach the instance metadata service and use the instance role.",
        "rules/test_instance_rules.py::test_imds_reach",
    ),
    _before(
        "user-data",
        "User data overwrites ecs.config, joins another cluster, disables GPUs, stops the agent "
        "or the instance, waits for the agent, never ends, has CR characters, or is not a shell "
        "script.",
        "test_user_data_script.py::test_extra_user_data_beside_bash",
    ),
    _before(
        "registry-login",
        "The registry requires a login to pull the image, and tasks have no credentials for it.",
        "rules/test_registries.py::test_registry_login",
    ),
    _service("health-timing", "The service stops tasks that are still loading their model."),
    _container(
        "container-health",
        "ECS replaces tasks that are still loading, or notices late that a container hangs.",
    ),
    _container("restart-policy", "The ECS agent of the AMI may be too old for restart policies."),
    _container(
        "ipc-mode",
        "Containers share the memory of the instance, or have none of the wanted size.",
    ),
    _container(
        "read-only-root",
        "The root file system is read-only, and ECS Exec or the program writes to it.",
    ),
    _service(
        "drain-timing",
        "Requests are cut off: the deregistration delay is 0, is below a raised idle timeout, or "
        "exceeds, with the stop timeout, the two minutes' notice of Spot.",
    ),
    _service(
        "delete-timeout",
        "Draining takes longer than the provider waits for a deleted service.",
    ),
    _reference(
        "image-exists",
        "The ECR repository or the image does not exist, or the image lacks the architecture.",
    ),
    _reference(
        "secret-exists",
        "A secret does not exist, is scheduled for deletion, or is in another Region.",
    ),
    _reference("certificate", "The certificate is expired, not issued, or in another Region."),
    _before(
        "tls-policy",
        "The HTTPS listener allows TLS 1.0 or 1.1, or has a policy that does not exist.",
        "rules/test_balancer_rules.py::test_tls_policy",
    ),
    _before(
        "access-logs",
        "The bucket for access logs does not exist, is in another Region, has an encryption that "
        "is not supported, or its policy does not allow the delivery.",
        "rules/test_balancer_rules.py::test_access_logs",
    ),
    _before(
        "host-name",
        "The certificate or the hosted zone does not cover the name of the service.",
        "network/test_host_name.py::test_the_hosted_zone_covers_the_name",
    ),
    _before(
        "web-acl",
        "The web ACL does not exist, or is in another Region.",
        "rules/test_balancer_rules.py::test_web_acl",
    ),
    _reference("name-limit", "AWS rejects a name that Terraform doesn't check."),
    _reference(
        "name-taken",
        "A resource with a name that the stack creates exists and doesn't belong to this stack.",
    ),
    _before(
        "earlier-version",
        "An earlier version wrote the directory. Its upgrade must be applied before any other "
        "change.",
        "rules/test_own_state.py::test_a_directory_of_the_earlier_version_is_brought_up_to_date_first",
    ),
    _before(
        "foreign-container",
        "The service keeps its revision, which lacks the new container name or port.",
        "rules/test_own_state.py::test_a_service_that_keeps_its_revision_keeps_its_container",
    ),
    _reference(
        "role-missing",
        "A role, instance profile, or key pair does not exist, or a role doesn't trust the "
        "service.",
    ),
    _state("state-moved", "Another checkout moved the state. The copy here is old."),
    _state(
        "state-unmoved",
        "The files name another state location than the present one. No plan can run.",
    ),
    _state("state-unread", "The state can't be read, so the owner of a taken name is unknown."),
    _state("partial-backend", "The backend gets its settings from `init -backend-config`."),
    _state("backend-variable", "The backend's settings use variables, which OpenTofu supports."),
    _state("encrypted-state", "OpenTofu encrypted the state. It is never treated as empty."),
    _state("workspace-file", "A workspace other than default is selected in the directory."),
    _state("dynamodb-lock", "The state is locked only in a DynamoDB lock table."),
    _account(
        "role-permissions",
        "An existing role may not pull the image, write logs, read the secrets, or use ECS Exec.",
    ),
    _account(
        "service-linked-role",
        "A service-linked role does not exist, and the caller may not create it.",
    ),
    _account(
        "ebs-key",
        "Volumes are encrypted with a customer managed key that Auto Scaling may not use.",
    ),
    _account(
        "log-key",
        "CloudWatch Logs may not use the KMS key of the log group, so it can't be created.",
    ),
    _service(
        "zero-scale-cost", "Scaling from zero launches two instances although one would be enough."
    ),
    _before(
        NOT_READ,
        "A part of the Terraform isn't understood, so the answers that depend on it are unknown.",
        "test_not_read.py::test_what_is_not_read_is_named_and_leaves_answers_open",
    ),
    _before(
        FILE_DELETED,
        "A file that gpuecs-tui wrote was deleted, so the Terraform lacks its content.",
        "test_not_read.py::test_a_file_of_ours_that_was_deleted_is_named",
    ),
    Mode(
        "provider-version",
        "AWS providers 6.53 and 6.54 roll back healthy deployments of a service with "
        "`sigint_rollback` and `wait_for_steady_state`. Generated Terraform sets neither.",
        {
            "before": "checks/rules/test_service_rules.py::test_provider_version",
            "design": "test_failure_modes.py::test_no_stack_takes_a_provider_that_rolls_back",
        },
    ),
    Mode(
        SERVICE_REPLACED,
        "The plan destroys and recreates the service, the load balancer, or a resource that they "
        "need.",
        {"plan": "terraform/plan/test_details.py::test_a_replaced_service_is_said_in_words"},
    ),
    Mode(
        CHANGE_NOTICED,
        "The plan changes something in place that users notice, or doesn't affect what runs.",
        {"plan": "terraform/plan/test_notices.py::test_it_is_noticed"},
    ),
    _design(
        "destroy-order",
        "During a destroy, capacity provider, Auto Scaling group, cluster, and service wait for "
        "each other.",
        "test_destroy_order",
    ),
    _design(
        "association-resource",
        "A cluster can't be deleted if the cluster resource itself declares its capacity "
        "providers.",
        "test_association_resource",
    ),
    _design(
        "target-group-in-use",
        "A renamed target group can't be deleted while the listener uses it.",
        "test_target_group_in_use",
    ),
    _design(
        "managed-tag",
        "Without the tag AmazonECSManaged, scaling fails and plans show drift.",
        "test_managed_tag",
    ),
    _design(
        "cluster-join",
        "Instances whose user data sets no cluster join `default`.",
        "test_cluster_join",
    ),
    Mode(
        "count-reset",
        "Terraform resets a desired count that scaling changed, or ignores a configured one.",
        {
            "before": "checks/rules/test_account_rules.py::test_count_reset",
            "design": "terraform/render/test_lessons.py::test_count_reset",
        },
    ),
    _before(
        "scaling-suspended",
        "A destroy that did not complete leaves task scaling suspended, and the service without "
        "tasks.",
        "rules/test_live_scaling.py::test_scaling_suspended",
    ),
    _design(
        "template-roll",
        "A new launch template doesn't affect running instances.",
        "test_template_roll",
    ),
)

MACHINE_MODES = (
    Mode(
        "kill-user",
        "logind ends all processes of a user at logout, including the run.",
        {
            "run": "terraform/runs/test_logout.py::"
            "test_a_scope_and_lingering_save_the_run_and_less_is_said"
        },
    ),
    Mode(
        "nfs-locks",
        "Files can't be locked: NFS without a lock service.",
        {
            "run": "commands/test_machines.py::"
            "test_files_that_can_t_be_locked_are_named_as_the_cause"
        },
    ),
    Mode(
        "noexec-home",
        "A provider can't start because its file system is mounted noexec.",
        {"run": "terraform/engine/test_diagnosis.py::test_known_failures"},
    ),
    Mode(
        "lock-file-platform",
        "The dependency lock file lacks this platform's checksums.",
        {"run": "terraform/engine/test_diagnosis.py::test_known_failures"},
    ),
    Mode(
        "version-manager",
        "A version manager chooses the Terraform version by the stack directory.",
        {
            "run": "commands/test_machines.py::"
            "test_a_version_manager_is_asked_where_terraform_will_run"
        },
    ),
    Mode(
        "imds-proxy",
        "Requests to the instance metadata service use a proxy, because NO_PROXY lacks its "
        "address.",
        {
            "run": "terraform/state/test_environment.py::"
            "test_a_proxy_before_the_metadata_address_is_noted"
        },
    ),
    Mode(
        "no-home",
        "The user has no home directory: a container with a random user id.",
        {"run": "commands/test_machines.py::test_without_a_home_only_what_needs_one_refuses"},
    ),
    Mode(
        "not-utf8",
        "The terminal or the log is not UTF-8.",
        {
            "run": "commands/test_machines.py::"
            "test_a_log_that_is_not_utf_8_gets_replaced_characters_and_whole_data"
        },
    ),
)
"""Problems of the machine, reported by ``doctor`` or the run."""

MACHINE_HEAD = """
## The machine

Problems of the machine that affect a run, and the test of what `gpuecs-tui` reports or does.

| rule | what happens | test |
|---|---|---|
"""

HEAD = """\
# Failure modes

How GPU services on ECS fail, and where gpuecs-tui reports or prevents the failure. *Before*: a rule
reports it while you type, in `check`, and right before an apply. *Plan*: it is reported with the
plan. *Design*: the generated Terraform prevents it. Each entry is the test that verifies it, below
`tests/`. The last column lists the faults that simulate it in the demo account:
`gpuecs-tui --demo --demo-fault NAME`.

[troubleshooting.md](troubleshooting.md) lists why a deployment does not complete after an apply.

This page is written by `python -m tests.test_failure_modes`; a test compares it.

| rule | what happens | before | plan | design | demo fault |
|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the page as it should be."""
    rows = []
    for mode in MODES:
        faults = [shape(fault) for fault in FAULTS.values() if fault.rule == mode.id]
        cells = [
            f"`{mode.id}`",
            mode.happens,
            *(f"`{mode.tests[place]}`" if place in mode.tests else "" for place in PLACES),
            ", ".join(f"`{fault}`" for fault in faults),
        ]
        rows.append("| " + " | ".join(cells) + " |\n")
    machine = [f"| `{it.id}` | {it.happens} | `{it.tests['run']}` |\n" for it in MACHINE_MODES]
    return HEAD + "".join(rows) + MACHINE_HEAD + "".join(machine)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.test_failure_modes"


def test_every_rule_has_its_row() -> None:
    assert {mode.id for mode in MODES if "before" in mode.tests} == {*RULES, NOT_READ, FILE_DELETED}
    assert len({mode.id for mode in MODES}) == len(MODES)
    assert {fault.rule for fault in FAULTS.values()} <= {"", *RULES}


@pytest.mark.parametrize("mode", (*MODES, *MACHINE_MODES), ids=lambda mode: mode.id)
def test_each_is_held_by_a_test_that_exists(mode: Mode) -> None:
    assert mode.tests.keys() & {*PLACES, "run"}
    for test in mode.tests.values():
        file, _colons, name = test.partition("::")
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        assert name in {it.name for it in tree.body if isinstance(it, ast.FunctionDef)}, test


def test_no_stack_takes_a_provider_that_rolls_back() -> None:
    written = (ROOT / "templates" / "versions.tf.j2").read_text(encoding="utf-8")
    for major, minor in EXCLUDED:
        assert f"!= {major}.{minor}.0" in written


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
