"""Gaps of moto's Certificate Manager."""

from __future__ import annotations

from typing import Any

from moto.acm.models import CertBundle

from gpuecs_tui.demo.moto_patches.patching import wrap


def certificate_names() -> None:
    """ListCertificates leaves out the further names of a certificate."""

    def describe(original: Any, self: CertBundle) -> dict[str, Any]:
        found: dict[str, Any] = original(self)
        certificate = found["Certificate"]
        # The model of DescribeCertificate doesn't have this member, so only the list shows it.
        certificate["SubjectAlternativeNameSummaries"] = certificate["SubjectAlternativeNames"]
        return found

    wrap(CertBundle, "describe", describe)


GAPS = (certificate_names,)
