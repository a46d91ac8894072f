"""The step for the VPC and the subnets of the stack, and the sources that may reach it."""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content

from gpuecs_tui.checks.context import context_of
from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.widgets.choices import network as lists
from gpuecs_tui.widgets.choices.endpoints import vpc_endpoints
from gpuecs_tui.widgets.form.layout import keys_of
from gpuecs_tui.widgets.pictures.egress_words import egress_line
from gpuecs_tui.widgets.step.form_screen import FormScreen, ListSource

VPC = "network.vpc_id"


class NetworkScreen(FormScreen):
    """The step for the decisions of the network."""

    STEP = "network"
    HELP_KEYS = keys_of("network")
    HELP = N_(
        "Place GPU instances in private subnets with a NAT gateway or VPC endpoints: "
        "they must reach ECS, ECR and CloudWatch Logs. Select a subnet in each zone "
        "that offers your instance type. More zones increase the chance of "
        "capacity.\n\nThe load balancer needs subnets in at least two zones, one in "
        "each zone. It needs public subnets if it is internet-facing. If you leave "
        "it empty, it uses the instance subnets.\n\nIf the subnets have no NAT "
        "gateway, VPC endpoints can be created with the stack. The list shows which "
        "services are not reachable.\n\nSecurity groups that you leave empty are "
        "created with only the required rules."
    )
    # A missing egress path needs more text than the two rows of other steps.
    CSS = "NetworkScreen #live { max-height: 4; }"
    LISTS: ClassVar = {
        VPC: ListSource(lists.vpcs),
        "network.instance_subnet_ids": ListSource(lists.subnets, (VPC,)),
        "network.load_balancer_subnet_ids": ListSource(lists.subnets, (VPC,)),
        "network.vpc_endpoints": ListSource(
            vpc_endpoints,
            (
                VPC,
                "network.instance_subnet_ids",
                "network.vpc_endpoints",
                "task.image",
                "task.secrets",
                "container.registry_secret_arn",
                "sidecars.images",
                "service.execute_command",
            ),
        ),
        "network.instance_security_group_ids": ListSource(lists.security_groups, (VPC,)),
        "network.load_balancer_security_group_ids": ListSource(lists.security_groups, (VPC,)),
        "network.ingress_prefix_list_ids": ListSource(lists.prefix_lists, late="prefix_lists"),
        "network.ingress_security_group_ids": ListSource(lists.security_groups, (VPC,)),
    }

    def live(self) -> Content:
        """Return the zones of the instances and the load balancer, and the egress paths."""
        instances = lists.chosen_zones(self.wizard, "network.instance_subnet_ids")
        balancer = lists.chosen_zones(self.wizard, "network.load_balancer_subnet_ids")
        told = [(_("Instances"), instances), (_("Load balancer"), balancer)]
        if instances == balancer:
            told = [(_("Instances and load balancer"), instances)]
        parts = []
        for what, zones in told:
            if zones:
                number = ngettext("{n} zone", "{n} zones", len(zones)).format(n=len(zones))
                parts.append(f"{what}: {number} ({', '.join(zones)})")
        stack = self.wizard.decisions.resolved.stack
        context = context_of(stack, self.wizard.account.facts, self.wizard.owned)
        lines = ["   ".join(parts), egress_line(context)]
        return Content("\n".join(line for line in lines if line))
