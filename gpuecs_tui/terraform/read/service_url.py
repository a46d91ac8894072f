"""The URL of the service, and the DNS record that clients need for it.

No certificate covers the load balancer's own DNS name. With HTTPS, clients need a name that the
certificate covers, with a CNAME record, or an alias record in Route 53, that points to the load
balancer (Route 53 developer guide, "Routing traffic to an ELB load balancer").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gpuecs_tui.i18n import _

URL, LOAD_BALANCER = "url", "load_balancer_dns_name"
"""The outputs of a stack with the URL and the DNS name."""
_PATTERN = "*."


@dataclass(frozen=True, slots=True)
class ServiceUrl:
    """A URL, as far as it is known."""

    url: str = ""
    """Empty if nothing was applied. With HTTPS it has the certificate's domain if that is a known
    name, else the load balancer's DNS name."""
    record: str = ""
    """The DNS record that clients need, in sentences; empty without HTTPS."""
    needs_record: bool = False
    """Whether ``url`` does not resolve before the record exists."""


def service_url(outputs: Mapping[str, Any] | None, domain: str = "") -> ServiceUrl:
    """Return the URL from ``outputs`` (name → {"value": …}) and the certificate's domain.

    ``domain`` is empty if it is unknown; ``*.example.org`` is a pattern, not a name.
    """
    url, target = (_value(outputs, name) for name in (URL, LOAD_BALANCER))
    own = f"https://{target}"
    port = url.removeprefix(own)
    if not target or not url.startswith(own) or port[:1] not in ("", ":"):
        return ServiceUrl(url)
    if domain and not domain.startswith(_PATTERN):
        words = _("This name needs a DNS record: {name} CNAME {target}, or a Route 53 alias.")
        return ServiceUrl(f"https://{domain}{port}", words.format(name=domain, target=target), True)
    words = (
        _(
            "Clients reject the certificate for this name. Create a DNS record for a name "
            "that the certificate covers ({pattern}): NAME CNAME {target}, or a Route 53 "
            "alias."
        )
        if domain
        else _(
            "Clients reject the certificate for this name. Create a DNS record for a name "
            "that the certificate covers: NAME CNAME {target}, or a Route 53 alias."
        )
    )
    return ServiceUrl(url, words.format(pattern=domain, target=target))


def _value(outputs: Mapping[str, Any] | None, name: str) -> str:
    output = (outputs or {}).get(name)
    value = output.get("value") if isinstance(output, dict) else None
    return value if isinstance(value, str) else ""
