"""Rules capability and imds-reach: what a container can do to its instance."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, undecided, warning
from gpuecs_tui.i18n import N_, _

POWERFUL = {
    "ALL": N_("grants every capability (root on the instance)"),
    "SYS_ADMIN": N_(
        "allows mounting file systems and entering namespaces (nearly root on the instance)"
    ),
    "SYS_MODULE": N_("allows loading kernel modules (full control of the instance)"),
    "SYS_RAWIO": N_("allows reading and writing the memory and devices of the instance"),
    "SYS_PTRACE": N_("allows reading and changing the memory of other processes"),
    "SYS_BOOT": N_("allows restarting the instance or loading another kernel"),
    "SYS_TIME": N_("allows setting the clock of the instance"),
    "DAC_READ_SEARCH": N_("allows reading any file of the instance, whatever its permissions"),
    "MAC_ADMIN": N_("allows changing the mandatory access control of the instance"),
    "MAC_OVERRIDE": N_("bypasses the mandatory access control of the instance"),
    "NET_ADMIN": N_("allows changing network interfaces, routes, and firewall rules"),
    "SYSLOG": N_("allows reading the kernel log and kernel addresses"),
}
"""Capabilities with which a container can escape its isolation (capabilities(7)), untranslated.
None is in Docker's default set. IPC_LOCK, SYS_NICE and SYS_RESOURCE, which GPU and RDMA software
needs, affect only the container."""

RULE_IMDS = "imds-reach"
AMI_HOP_LIMIT = 2
"""Hop limit of an instance whose launch template has no metadata options, if its AMI has the
attribute ``ImdsSupport v2.0``, as Amazon Linux 2023 has (EC2 user guide, "Configure the instance
metadata options")."""


def capability(context: Context) -> Iterator[Finding]:
    """Report capabilities that reach beyond the container, and what they allow."""
    added = context.stack.task.capabilities
    powerful = [it for it in added if it in POWERFUL]
    if not powerful:
        return
    means = "; ".join(
        _("{name} {meaning}").format(name=it, meaning=_(POWERFUL[it])) for it in powerful
    )
    kept = tuple(it for it in added if it not in POWERFUL)
    remedy = _("remove {names} unless the documentation of the image requires it").format(
        names=", ".join(powerful)
    )
    message = _("The container can escape its isolation: {means}.").format(means=means)
    yield warning(
        "capability", "task.capabilities", message, remedy, (("task.capabilities", kept),)
    )


def imds_reach(context: Context) -> Iterator[Finding]:
    """Containers that reach the metadata service get the credentials of the instance role.

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
                "In host mode, the container can reach the instance metadata service and use the "
                "credentials of the instance role. No hop limit prevents this."
            ),
            _(
                "set task.network_mode to bridge, or give the instance role only the permissions "
                "that tasks may have"
            ),
            _bridge(context),
        )
    elif mode == "bridge" and hops > 1:
        yield warning(
            RULE_IMDS,
            "fleet.imds_hop_limit",
            _(
                "With an IMDS hop limit of {hops}, containers in bridge mode can reach the "
                "instance metadata service and use the credentials of the instance role."
            ).format(hops=hops),
            fix=(("fleet.imds_hop_limit", 1),),
        )
    elif mode == "bridge" and not hops and stack.fleet.ami == "al2023":
        yield warning(
            RULE_IMDS,
            "fleet.imds_hop_limit",
            _(
                "The AMI sets the metadata options. Amazon Linux 2023 sets a hop limit of {hops}, "
                "so containers can use the credentials of the instance role."
            ).format(hops=AMI_HOP_LIMIT),
            fix=(("fleet.imds_hop_limit", 1),),
        )
    elif mode == "bridge" and not hops:
        yield undecided(
            RULE_IMDS,
            "fleet.imds_hop_limit",
            _(
                "The AMI sets the metadata options, so containers may be able to use the "
                "credentials of the instance role."
            ),
            _("set fleet.imds_hop_limit to 1"),
        )


def _bridge(context: Context) -> Fix:
    """Return the fix that changes to bridge mode with a dynamic host port."""
    fix: Fix = (("task.network_mode", "bridge"),)
    return fix if context.stack.task.host_port == 0 else (*fix, ("task.host_port", 0))
