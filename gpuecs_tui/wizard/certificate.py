"""The domain of the certificate in a stack's directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuecs_tui.aws.reading import Known

if TYPE_CHECKING:
    from gpuecs_tui.wizard.session import WizardSession

CERTIFICATE = "load_balancer.certificate_arn"


def certificate_domain(wizard: WizardSession) -> str:
    """Return the domain from ACM, which may be a pattern; empty if it is unknown.

    It is unknown before the account was read, for a certificate of IAM, and while the typed
    certificate differs from the directory's.
    """
    from gpuecs_tui.terraform.write.last_write import answer_digest

    arn, facts = wizard.decisions.answers.get(CERTIFICATE), wizard.account.facts
    held = wizard.opened.held or {}
    if not arn or facts is None or held.get(CERTIFICATE) != answer_digest(arn):
        return ""
    if not isinstance(facts.certificates, Known):
        return ""
    return next((it.domain for it in facts.certificates.value if it.arn == arn), "")
