"""Stages running and agent: an instance does not run, or does not join the cluster."""

from __future__ import annotations

from datetime import timedelta

from gpuecs_tui.deployment.cause import Cause, Recognition
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.shell_words import shell_word

REGISTERS_WITHIN = timedelta(minutes=5)
"""An instance that is not in the cluster after this time will not join (measured: 1 to 3 min)."""
_IMPAIRED = "impaired"


def _status_check(it: Situation) -> Recognition | None:
    for each in it.instances.values():
        if each.state != "running":
            continue
        if _IMPAIRED in (each.system_status, each.instance_status):
            which = (
                _("system status check")
                if each.system_status == _IMPAIRED
                else _("instance status check")
            )
            return Recognition(
                sentence=_("Instance {id} fails its {check}.").format(id=each.id, check=which),
                seen=(
                    f"SystemStatus: {each.system_status}, InstanceStatus: {each.instance_status}",
                ),
                next_step=_("Replace it: gpuecs-tui replace {directory} {id}").format(
                    directory=shell_word(it.applied.directory), id=shell_word(each.id)
                ),
            )
    return None


def _never_registered(it: Situation) -> Recognition | None:
    for each in it.unregistered:
        id = each.ec2_instance_id
        launched = it.launched_at(id)
        if launched is None or it.now - launched < REGISTERS_WITHIN:
            continue
        seen = [f"LifecycleState: {each.lifecycle}"]
        if id in it.instances:
            seen.append(f"State: {it.instances[id].state}")
        return Recognition(
            sentence=_("Instance {id} was launched {time} ago and is not in the cluster.").format(
                id=id, time=in_words(it.now - launched)
            ),
            seen=(", ".join(seen),),
            next_step=_(
                "Check the network path to ECS: gpuecs-tui check DIR; then read the boot log: "
                "aws ec2 get-console-output --region {region} --instance-id {id} --latest"
            ).format(region=shell_word(it.applied.region), id=shell_word(id)),
            alternatives=(
                _(
                    "If the instance is in another cluster, user data does not set ECS_CLUSTER: "
                    "aws ecs list-container-instances --region {region} --cluster default"
                ).format(region=shell_word(it.applied.region)),
                _("If the boot log ends with an error of cloud-init, user data failed."),
                _(
                    "If the boot log has AccessDenied from ecs-init, the instance role lacks "
                    "ecs:RegisterContainerInstance."
                ),
            ),
            certain=False,
        )
    return None


def _no_gpus(it: Situation) -> Recognition | None:
    if it.stack is not None and not it.stack.task.gpus:
        return None
    for each in it.ready:
        if not each.gpus:
            return Recognition(
                sentence=_("Instance {id} is in the cluster without a GPU.").format(
                    id=each.ec2_instance_id
                ),
                seen=(_("The registered resources have no GPU."),),
                next_step=_("Set AMI to the current ECS GPU-optimized AMI, then run a plan."),
                alternatives=(
                    _(
                        "If the AMI is GPU-optimized, user data does not set "
                        "ECS_ENABLE_GPU_SUPPORT=true, or the driver failed: run nvidia-smi on the "
                        "instance."
                    ),
                ),
                certain=False,
            )
    return None


def _agent_lost(it: Situation) -> Recognition | None:
    leaving = {each.ec2_instance_id for each in it.leaving}
    lost = [
        each
        for each in it.registered
        if not each.agent_connected and each.ec2_instance_id not in leaving
    ]
    events = it.placements.get("agent-lost", ())
    if not lost:
        return None
    each = lost[0]
    tasks = each.running + each.pending
    words = ngettext(
        "The ECS agent on instance {id} is not connected; the instance has {n} task.",
        "The ECS agent on instance {id} is not connected; the instance has {n} tasks.",
        tasks,
    )
    return Recognition(
        sentence=words.format(id=each.ec2_instance_id, n=tasks),
        seen=("agentConnected: false", *(event.message for event in events[:1])),
        next_step=_(
            "Restart the agent on the instance: sudo systemctl restart ecs; or replace the "
            "instance."
        ),
        alternatives=(
            _(
                "If it connects again within a few minutes, this is normal: the agent reconnects "
                "several times an hour."
            ),
            _("If Docker does not respond or the disk is full, replace the instance."),
        ),
        certain=False,
    )


CAUSES = (
    Cause(
        id="status-check",
        stage="running",
        demo_fault="status-check",
        looks=N_("EC2 reports the instance's system or instance status check as impaired."),
        do=N_("Replace the instance."),
        source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html",
        recognise=_status_check,
    ),
    Cause(
        id="never-registered",
        stage="agent",
        demo_fault="never-registered",
        looks=N_("An instance is in service for more than five minutes and not in the cluster."),
        do=N_(
            "Check the network path to ECS, the cluster in user data, the instance role, and the "
            "boot log."
        ),
        source="https://repost.aws/knowledge-center/ecs-instance-unable-join-cluster",
        certain=False,
        recognise=_never_registered,
    ),
    Cause(
        id="other-cluster",
        stage="agent",
        demo_fault="other-cluster",
        looks=N_("The instance is registered in the cluster default."),
        do=N_("Set ECS_CLUSTER in user data, and replace the instance."),
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bootstrap_container_instance.html",
        not_read=N_("Other clusters are not read. The cause never-registered names it."),
    ),
    Cause(
        id="no-gpus",
        stage="agent",
        demo_fault="no-gpus",
        looks=N_("The registered resources of the container instance have no GPU."),
        do=N_("Use an ECS GPU-optimized AMI, and set ECS_ENABLE_GPU_SUPPORT=true in user data."),
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-gpu.html",
        certain=False,
        recognise=_no_gpus,
    ),
    Cause(
        id="agent-lost",
        stage="agent",
        demo_fault="agent-lost",
        looks=N_("The container instance has agentConnected false."),
        do=N_("Restart the agent, or replace the instance."),
        source="https://repost.aws/knowledge-center/ecs-agent-disconnected-linux2-ami",
        certain=False,
        recognise=_agent_lost,
    ),
)
