"""The end of a command that followed a run: its output and exit code."""

from __future__ import annotations

import sys
from typing import NoReturn

from gpuecs_tui.call_options import with_call_options
from gpuecs_tui.commands.failure import EXIT_FAILED, Failure, harmless
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.atomic_files import read_json
from gpuecs_tui.terraform.plan.details import load_plan, runs_no_task
from gpuecs_tui.terraform.read.service_url import service_url
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus, status_title


def outcome(run: Run, *, reads_account: bool = False) -> int:
    """Return the exit code of a command that followed ``run``. Raises Failure if the run failed.

    With ``reads_account``, the domain of the stack's certificate is read from the account and,
    after a destroy, what is left in it.
    """
    if run.state is RunStatus.PLANNED:
        words = _(
            "To apply exactly this plan: gpuecs-tui approve {directory} --run {id} --yes; to "
            "discard it: gpuecs-tui cancel {directory}"
        )
        print(harmless(words.format(directory=shell_word(run.directory), id=shell_word(run.id))))
    destroyed = run.operation is Operation.DESTROY and run.state is RunStatus.SUCCEEDED
    if destroyed and reads_account:
        # Imported late, because it imports botocore.
        from gpuecs_tui.commands.status.left import print_left

        print_left(run)
    elif run.state is RunStatus.SUCCEEDED and run.remedy:
        print(harmless(run.remedy))
    if run.state is RunStatus.SUCCEEDED and run.operation is Operation.APPLY:
        _print_no_task(run)
        _print_url(run, reads_account=reads_account)
    if run.state in (RunStatus.SUCCEEDED, RunStatus.PLANNED):
        return 0
    tell_failure(run)


def _print_no_task(run: Run) -> None:
    """Print that nothing responds if the run leaves the service without tasks."""
    tree = load_plan(run)
    if tree is not None and runs_no_task(tree):
        print(_("No task runs because the desired count is 0. Requests to the service fail."))


def _print_url(run: Run, *, reads_account: bool) -> None:
    """Print the service's URL if it needs a DNS record; otherwise Terraform's outputs show it."""
    outputs = read_json(run.files.outputs)
    found = service_url(outputs)
    if found.record and reads_account:
        found = service_url(outputs, _certificate_domain(run))
    if found.record:
        print(harmless(_("URL: {url}. {record}").format(url=found.url, record=found.record)))


def _certificate_domain(run: Run) -> str:
    """Return the domain of the stack's certificate; empty if it is unknown."""
    from gpuecs_tui.aws.discovery.identity import read_certificates
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.session import connect
    from gpuecs_tui.terraform.hcl.tree import ReadProblem
    from gpuecs_tui.terraform.read.directory import read

    try:
        answers = read(run.directory).answers
        reader = connect(run.profile or "", str(answers.get("stack.region", "")))
        try:
            certificates = read_certificates(reader)
        finally:
            reader.close()
    except (AwsProblem, ReadProblem):
        return ""
    arn = answers.get("load_balancer.certificate_arn")
    return next((it.domain for it in certificates if it.arn == arn), "")


def tell_failure(run: Run) -> NoReturn:
    """Print what a failed run left and raise Failure with the reason."""
    words = run.message or _("The run is {state}.").format(state=status_title(run.state))
    if run.operation is not Operation.PLAN:
        from gpuecs_tui.terraform.recovery.remedies import examine

        problems = [it for it in examine(run.directory).sentences() if it != words]
        for sentence in problems:
            print(harmless(f"!  {sentence}"), file=sys.stderr)
        if problems:
            print(
                harmless(with_call_options(f"→  gpuecs-tui state {shell_word(run.directory)}")),
                file=sys.stderr,
            )
    raise Failure(words, run.remedy, EXIT_FAILED)
