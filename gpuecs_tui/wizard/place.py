"""The account and the Region of a wizard."""

from __future__ import annotations

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.wizard.session import WizardSession


def place_of(wizard: WizardSession) -> str:
    """Return the account and the Region in one short text."""
    identity = wizard.account.identity
    account = identity.account if identity else ""
    who = _("demo account") if wizard.options.demo else account
    faults = wizard.options.faults
    wrong = ""
    if faults:
        # Several fault names would leave no room for anything else in 80 columns.
        wrong = ngettext("fault: {name}", "{n} faults", len(faults)).format(
            n=len(faults), name=faults[0]
        )
    return " · ".join(part for part in (who, wrong, wizard.region) if part)
