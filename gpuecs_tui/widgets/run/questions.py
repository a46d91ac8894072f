"""The questions before decisions about a run: apply its plan, cancel it, force-stop Terraform."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from gpuecs_tui.assessment.apply_gate import Checked
from gpuecs_tui.assessment.credentials import CredentialCheck
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.engine.progress import RunProgress
from gpuecs_tui.terraform.plan.words import needs_name
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.pictures.cost_line import cost_line, cost_of
from gpuecs_tui.widgets.run.watch import RunWatch
from gpuecs_tui.widgets.run.words import (
    finding_lines,
    freshness_lines,
    in_flight,
    loss_lines,
    plan_question,
)
from gpuecs_tui.wizard.session import WizardSession


def apply_question(
    watch: RunWatch,
    checked: Checked | None,
    life: CredentialCheck | None,
    name: str,
    about: Sequence[Content] = (),
) -> Confirm:
    """Ask whether to apply the displayed plan; a serious one is confirmed by typing ``name``.

    ``about``: the account and the cost of the stack. A plan is serious if it destroys or replaces
    resources, if ``checked`` has errors, or if it could not check the plan because the files have
    changed. A destroy needs no check (None).
    """
    run = watch.run
    destroy = run.operation is Operation.DESTROY
    errors = checked.errors if checked is not None else ()
    blind = checked is not None and bool(checked.account_problem)
    unlike = checked is not None and bool(checked.other_files)
    grave = bool(errors) or unlike or needs_name(run, watch.tree)
    fresh = freshness_lines(checked) if checked is not None else []
    lines = [*fresh, *about] if unlike else [*finding_lines(errors), *about, *fresh]
    lines += plan_question(run, watch.progress, watch.tree, watch.told)
    short = life is not None and life.is_short
    told = life.sentence if life is not None else _("It is unknown when the credentials expire.")
    lines.append(Content.styled(told, "$text-error" if short else ""))
    return Confirm(
        _("Destroy?") if destroy else _("Apply this plan?"),
        lines,
        yes=_("Destroy") if destroy else _("Apply"),
        word=name if grave else "",
        grave=grave or short or blind,
    )


def what_it_changes(wizard: WizardSession, checked: Checked | None) -> list[Content]:
    """Return the account that a plan changes, and the cost of the stack in the files.

    ``checked`` is None for a destroy, which is not checked.
    """
    identity = wizard.account.identity
    stack = checked.stack if checked is not None else None
    where = _("Account {account}, Region {region}").format(
        account=identity.account if identity else _("unknown"),
        region=(stack.stack.region if stack else wizard.region) or _("unknown"),
    )
    lines = [Content.styled(escape_controls(where), "bold")]
    if stack is not None:
        lines.append(cost_of(stack, wizard.account.facts))
    elif checked is None and wizard.is_as_opened:
        # The files match what is applied, so the cost that ends with the destroy is known.
        cost = cost_line(wizard)
        if cost.plain:
            lines.append(Content.assemble(_("The destroy ends this cost:"), " ", cost))
    return [*lines, Content("")]


def replan_question(operation: Operation) -> Confirm:
    """Ask whether another plan may replace the one that is waiting for approval."""
    destroy = operation is Operation.DESTROY
    title = _("Discard this plan and plan a destroy?") if destroy else _("Discard this plan?")
    lines = [
        Content(_("The plan that is waiting for approval is discarded. No resources change.")),
        Content(
            _("The new plan shows what a destroy would delete. It waits for approval too.")
            if destroy
            else _("Terraform creates a new plan. It waits for approval too.")
        ),
    ]
    return Confirm(title, lines, yes=_("Plan a destroy") if destroy else _("Plan again"))


def watch_question(problem: TerraformProblem) -> Confirm:
    """Ask whether to display the run of another process that uses the directory."""
    lines = [Content(escape_controls(problem.message))]
    return Confirm(_("Another run is active"), lines, yes=_("Watch run"))


def stop_question(progress: RunProgress) -> Confirm:
    """Ask whether to interrupt Terraform once, which loses nothing."""
    lines = [
        Content(
            _(
                "Terraform is interrupted once. It finishes the operations in flight, saves "
                "its state and releases the state lock. This can take minutes."
            )
        )
    ]
    if waiting := in_flight(progress):
        lines.append(Content(_("In flight: {resources}.").format(resources=waiting)))
    return Confirm(_("Cancel this run?"), lines, yes=_("Cancel run"))


def end_question(progress: RunProgress, operation: Operation, name: str) -> Confirm:
    """Show what is lost if Terraform is force-stopped; ``name`` must be typed to confirm it."""
    return Confirm(
        _("Stop Terraform now?"),
        loss_lines(progress, operation),
        yes=_("Stop now"),
        word=name,
        grave=True,
    )
