"""The step for the GPU instances: which types run, and how many."""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.widgets.choices import account, compute, types
from gpuecs_tui.widgets.form.layout import keys_of
from gpuecs_tui.widgets.pictures.cost_line import cost_line
from gpuecs_tui.widgets.pictures.fit_line import fit_line
from gpuecs_tui.widgets.step.form_screen import FormScreen, ListSource

SUBNETS = "network.instance_subnet_ids"


class FleetScreen(FormScreen):
    """The step for the decisions of the fleet."""

    STEP = "fleet"
    CSS_PATH = "fleet.tcss"
    HELP_KEYS = keys_of("fleet")
    HELP = N_(
        "Only instance types with whole NVIDIA GPUs and an ECS GPU AMI can be used. "
        "The list shows in how many zones of your subnets each type is offered, and "
        "its price. Type to filter by GPU memory, price and your zones, for example: "
        ">=24gb <2$ zones.\n\nThe capacity provider starts and terminates instances as "
        "tasks start and stop, between the minimum and the maximum size. From zero, "
        "it starts two at once. A deployment runs old and new tasks side by side, so "
        "the maximum size must leave room for both.\n\nWithout a key pair, connect "
        "through SSM Session Manager, which needs no open port."
    )
    LISTS: ClassVar = {
        "fleet.instance_type": ListSource(
            types.instance_types, (SUBNETS, "network.vpc_id"), exhaustive=False
        ),
        "fleet.ami": ListSource(compute.amis, exhaustive=False),
        "fleet.key_name": ListSource(account.key_pairs),
        "fleet.instance_profile_arn": ListSource(account.instance_profiles),
    }

    def live(self) -> Content:
        """Return how many tasks fit on one instance, and what the fleet costs."""
        lines = (fit_line(self.wizard), cost_line(self.wizard))
        return Content("\n").join(line for line in lines if line.plain)

    def taken(self, key: str, ids: tuple[str, ...]) -> None:
        """Explain that empty sizes change when the type is chosen."""
        super().taken(key, ids)
        if key == "fleet.instance_type":
            self.say(
                _("Task sizes that you left empty are derived from the new instance type."),
                "success",
            )
