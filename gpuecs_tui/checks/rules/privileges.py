"""Rules capability and imds-reach: what a container may do to the instance that it runs on."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, undecided, warning
from gpuecs_tui.i18n import N_, _

POWERFUL = {
    "ALL": N_("gives every capability: the container is root on the instance"),
    "SYS_ADMIN": N_("mounts file systems and enters namespaces: nearly root on the instance"),
    "SYS_MODULE": N_("loads kernel modules: full control of the instance"),
    "SYS_RAWIO": N_("reads and writes memory and devices of the instance"),
    "SYS_PTRACE": N_("reads and changes the memory of other processes"),
    "SYS_BOOT": N_("restarts the instance or loads another kernel"),
    "SYS_TIME": N_("sets the clock of the instance"),
    "DAC_READ_SEARCH": N_("reads files of the instance whatever their permissions"),
    "MAC_ADMIN": N_("changes the instance's mandatory access control"),
    "MAC_OVERRIDE": N_("ignores the instance's mandatory access control"),
    "NET_ADMIN": N_("changes network interfaces, routes and firewall rules"),
    "SYSLOG": N_("reads the kernel's log and addresses"),
}
"""Capabilities with which a container gets out of its isolation (capabilities(7)), untranslated.
None is in Docker's default set. IPC_LOCK, SYS_NICE and SYS_RESOURCE, which GPU and RDMA software
asks for, reach no further than the container."""

RULE_IMDS = "imds-reach"
AMI_HOP_LIMIT = 2
"""Hop limit of an instance whose launch template has no metadata options, if its AMI has the
attribute ``ImdsSupport v2.0``, as Amazon Linux 2023 has (EC2 user guide, "Configure the instance
metadata options")."""


def capability(context: Context) -> Iterator[Finding]:
    """Capabilities beyond the container, named with what they allow."""
    added = context.stack.task.capabilities
    powerful = [it for it in added if it in POWERFUL]
    if not powerful:
        return
    means = "; ".join(
        _("{name} {meaning}").format(name=it, meaning=_(POWERFUL[it])) for it in powerful
    )
    kept = tuple(it for it in added if it not in POWERFUL)
    remedy = _("remove {names} unless the image's documentation asks for it").format(
        names=", ".join(powerful)
    )
    message = _("The container can leave its isolation: {means}.").format(means=means)
    yield warning(
        "capability", "task.capabilities", message, remedy, (("task.capabilities", kept),)
    )


def imds_reach(context: Context) -> Iterator[Finding]:
    """Containers that reach the metadata service get the instance role's credentials.

    In awsvpc mode the agent blocks it (``ECS_AWSVPC_BLOCK_IMDS``, which is always written); in
    bridge mode a hop limit of 1 does (EC2 user guide, "Configure the instance metadata options").
    """
    stack = context.stack
    mode, hops = stack.task.network_mode, stack.fleet.imds_hop_limit
    if mode == "host":
        yield warning(
            RULE_IMDS,
            "task.network_mode",
            _(
                "In host mode the container reaches the instance metadata service and can use the "
                "instance role's credentials. No hop limit prevents this."
            ),
            _("set task.network_mode to bridge, or give the instance role only what tasks may do"),
            _bridge(context),
        )
    elif mode == "bridge" and hops > 1:
        yield warning(
            RULE_IMDS,
            "fleet.imds_hop_limit",
            _(
                "With an IMDS hop limit of {hops}, containers in bridge mode reach the instance "
                "metadata service and can use the instance role's credentials."
            ).format(hops=hops),
            fix=(("fleet.imds_hop_limit", 1),),
        )
    elif mode == "bridge" and not hops and stack.fleet.ami == "al2023":
        yield warning(
            RULE_IMDS,
            "fleet.imds_hop_limit",
            _(
                "The metadata options are left to the AMI. Amazon Linux 2023 sets a hop limit of "
                "{hops}, with which containers can use the instance role's credentials."
            ).format(hops=AMI_HOP_LIMIT),
            fix=(("fleet.imds_hop_limit", 1),),
        )
    elif mode == "bridge" and not hops:
        yield undecided(
            RULE_IMDS,
            "fleet.imds_hop_limit",
            _(
                "The metadata options are left to the AMI, so that containers may reach the "
                "instance role's credentials."
            ),
            _("set fleet.imds_hop_limit to 1"),
        )


def _bridge(context: Context) -> Fix:
    """Return the change to bridge mode that keeps the port on which the instance is reached."""
    fix: Fix = (("task.network_mode", "bridge"),)
    return fix if context.stack.task.host_port == 0 else (*fix, ("task.host_port", 0))
