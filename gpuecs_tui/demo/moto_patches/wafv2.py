"""Gaps of moto's AWS WAF."""

from __future__ import annotations

from typing import Any

from moto.wafv2.models import FakeWebACL

from gpuecs_tui.demo.moto_patches.patching import wrap


def web_acl_as_described() -> None:
    """GetWebACL returns the lock token inside the web ACL, too."""

    def to_dict(original: Any, self: FakeWebACL) -> dict[str, Any]:
        whole: dict[str, Any] = original(self)
        return {name: it for name, it in whole.items() if name != "LockToken" and it is not None}

    wrap(FakeWebACL, "to_dict", to_dict)


GAPS = (web_acl_as_described,)
