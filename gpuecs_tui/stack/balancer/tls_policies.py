"""The security policies of HTTPS listeners, which decide the TLS versions and ciphers for clients.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
"""

from __future__ import annotations

from gpuecs_tui.stack.partitions import partition_of

RECOMMENDED = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
"""AWS recommends it, and the console uses it by default: TLS 1.2 and 1.3 with forward secrecy, and
post-quantum key exchange for clients that support it."""
CONFIRMED = ("aws", "aws-cn")
"""The partitions whose own page names the recommended policy (the same page on docs.amazonaws.cn
for China). For the others, no page that confirms it was found."""
EARLIER = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""The policy of every stack that gpuecs-tui wrote before the policy could be chosen."""
RECOMMENDED_FIPS = "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09"
"""The recommended policy with a cryptographic library that is validated by FIPS 140-3."""
EARLIER_FIPS = "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04"
API_DEFAULT = "ELBSecurityPolicy-2016-08"
"""The policy of a listener without ``ssl_policy``; it allows TLS 1.0 and 1.1."""
POLICY = r"ELBSecurityPolicy-[A-Za-z0-9-]+"

_TLS13 = ("1-3", "1-2", "1-2-Res", "1-2-Ext1", "1-2-Ext2")
_FIPS = (*_TLS13, "1-2-Ext0", "1-1", "1-0")
_OLD_TLS13 = ("1-1", "1-0")
_OLDEST = ("2016-08", "2015-05", "TLS-1-0-2015-04", "TLS-1-1-2017-01")
_FORWARD = ("FS-2018-06", "FS-1-1-2019-08")
_TLS12 = (
    "TLS-1-2-2017-01",
    "TLS-1-2-Ext-2018-06",
    "FS-1-2-2019-08",
    "FS-1-2-Res-2019-08",
    "FS-1-2-Res-2020-10",
)

_DATES = ("2021-06", "PQ-2025-09", "FIPS-2023-04", "FIPS-PQ-2025-09")
OLD_VERSIONS = frozenset(
    f"ELBSecurityPolicy-{it}"
    for it in (
        *_OLDEST,
        *_FORWARD,
        *(f"TLS13-{version}-{date}" for version in _OLD_TLS13 for date in _DATES),
    )
)
"""Policies that allow TLS 1.0 or 1.1."""
POLICIES = OLD_VERSIONS | frozenset(
    f"ELBSecurityPolicy-{it}"
    for it in (
        *_TLS12,
        *(f"TLS13-{version}-{date}" for version in _TLS13 for date in ("2021-06", "PQ-2025-09")),
        *(
            f"TLS13-{version}-{date}"
            for version in _FIPS
            for date in ("FIPS-2023-04", "FIPS-PQ-2025-09")
        ),
    )
)
"""The names of all policies that a listener can have, those with RFC9151 in their name aside."""


def recommended(region: str) -> str:
    """Return the default policy of a new listener in ``region``."""
    return RECOMMENDED if partition_of(region) in CONFIRMED else EARLIER


def successor(policy: str, region: str) -> str:
    """Return the policy that replaces an old one in ``region``; that of a FIPS policy is one, too.

    Those who chose FIPS must have it, so a replacement keeps it.
    """
    if "-FIPS-" not in policy:
        return recommended(region)
    return RECOMMENDED_FIPS if partition_of(region) in CONFIRMED else EARLIER_FIPS


def is_documented(policy: str) -> bool:
    """Tell whether AWS documents a policy of this name."""
    return policy in POLICIES or "RFC9151" in policy
