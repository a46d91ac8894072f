"""How task scaling is resumed that a destroy has suspended."""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.aws.service.live_count import service_id
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.read.files import read_files

_BLOCK = "suspended_state"


def resume_words(directory: Path, region: str, cluster: str, service: str) -> str:
    """Return a sentence: what resumes the scaling of the tasks of a service of ``directory``.

    Terraform does, if its configuration says that nothing is suspended; without the block, it
    ignores the difference.
    """
    try:
        texts = read_files(directory).texts
    except ReadProblem:
        texts = {}
    if any(_BLOCK in text for text in texts.values()):
        return _("The next apply resumes it.")
    return _(
        "To resume it: aws application-autoscaling register-scalable-target --region {region} "
        "--service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id "
        "{service} --suspended-state DynamicScalingInSuspended=false,"
        "DynamicScalingOutSuspended=false,ScheduledScalingSuspended=false"
    ).format(region=shell_word(region), service=shell_word(service_id(cluster, service)))
