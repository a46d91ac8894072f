"""Rule host-name: the certificate and the hosted zone must cover the name of the service."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.reading import Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown, warning
from gpuecs_tui.i18n import _

RULE, HOST = "host-name", "load_balancer.host_name"
ZONE = "load_balancer.hosted_zone_id"


def host_name(context: Context) -> Iterator[Finding]:
    """Clients reject a certificate without the name, and Route 53 a record outside of its zone.

    A wildcard of a certificate stands for one label (RFC 6125, section 6.4.3).
    """
    if not context.stack.load_balancer.host_name:
        return
    yield from _certificate(context)
    yield from _zone(context)


def covers(pattern: str, host: str) -> bool:
    """Tell whether a name of a certificate covers ``host``."""
    if pattern.startswith("*."):
        first, _dot, rest = host.partition(".")
        return bool(first) and rest == pattern[2:].lower()
    return pattern.lower() == host


def _certificate(context: Context) -> Iterator[Finding]:
    balancer, reading = context.stack.load_balancer, context.account.certificates
    # ACM doesn't list IAM server certificates.
    if balancer.protocol != "HTTPS" or ":acm:" not in balancer.certificate_arn:
        return
    host = balancer.host_name
    if isinstance(reading, Unknown):
        message = _("Could not check whether the certificate covers {host}").format(host=host)
        yield unknown(RULE, HOST, reading, message)
        return
    found = next((it for it in reading.value if it.arn == balancer.certificate_arn), None)
    if found is None:
        # Rule certificate reports it.
        return
    names = tuple(dict.fromkeys((found.domain, *found.names)))
    if any(covers(it, host) for it in names):
        return
    listed = ", ".join(names)
    if found.has_more_names:
        yield undecided(
            RULE,
            HOST,
            _(
                "The certificate covers more names than its list shows. {host} is not among the "
                "listed ones: {names}."
            ).format(host=host, names=listed),
            _("check that the certificate covers the name"),
        )
        return
    message = _("The certificate covers {names}, but not {host}. Clients reject it.")
    yield error(
        RULE,
        HOST,
        message.format(names=listed, host=host),
        _("use a name that the certificate covers, or choose another certificate"),
    )


def _zone(context: Context) -> Iterator[Finding]:
    balancer, vpc = context.stack.load_balancer, context.stack.network.vpc_id
    host, id_ = balancer.host_name, balancer.hosted_zone_id
    if not id_:
        return
    reading = context.account.lookups.hosted_zones.get(id_, not_read())
    choose = _("choose a hosted zone from the list of the field")
    if isinstance(reading, Unknown):
        message = _("Could not check hosted zone {id}").format(id=id_)
        yield unknown(RULE, ZONE, reading, message)
        return
    zone = reading.value
    if zone is None:
        message = _("Hosted zone {id} does not exist in this account.").format(id=id_)
        yield error(RULE, ZONE, message, choose)
        return
    if host != zone.name and not host.endswith(f".{zone.name}"):
        message = _("{host} is not a name in the hosted zone {zone}.")
        yield error(RULE, ZONE, message.format(host=host, zone=zone.name), choose)
    if zone.private and vpc and vpc not in zone.vpc_ids:
        message = _("The private hosted zone {zone} does not answer in {vpc}.")
        yield warning(
            RULE,
            ZONE,
            message.format(zone=zone.name, vpc=vpc),
            _("associate the zone with {vpc}, or choose another hosted zone").format(vpc=vpc),
        )
    if zone.private and not balancer.internal:
        yield warning(
            RULE,
            ZONE,
            _(
                "The load balancer is internet-facing, but the hosted zone {zone} is private: "
                "clients on the internet can't resolve {host}."
            ).format(zone=zone.name, host=host),
            _("choose a public hosted zone"),
        )
