"""The stack that a command works on: from an answers file or from a directory's Terraform."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.assessment.written import Written, no_stack, resolved
from gpuecs_tui.commands.failure import Failure
from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import read_input
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.answers import ANSWERS_MAX, AnswersError, load_answers
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.problems import Problem, problems, with_values
from gpuecs_tui.stack.resolve import Answers, Resolved

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts
    from gpuecs_tui.terraform.read.directory import ReadBack


@dataclass(frozen=True, slots=True)
class Subject:
    """A stack as far as it is decided, and the problems that make it invalid."""

    answers: Answers
    resolved: Resolved
    problems: tuple[Problem, ...]

    @property
    def stack(self) -> Stack:
        """The stack; valid only if ``problems`` is empty."""
        return self.resolved.stack


class NotUnderstood(Failure):
    """The Terraform of a directory does not describe a supported stack."""


def load(path: Path, account: AccountFacts | None = None) -> Subject:
    """Read an answers file or a stack directory. Raises Failure with what is wrong and where."""
    return subject_of(answers_of(path), account)


def written_in(path: Path, *, limits: bool = True) -> Written:
    """Read an answers file or a directory's Terraform, and list the parts that can't be read.

    ``limits``: see ``answers_of``.
    """
    if path.is_dir():
        return Written.of(read_directory(path), path)
    return Written(answers_of_file(path, limits=limits))


def answers_of(path: Path, *, limits: bool = True) -> Answers:
    """Read the answers in a file or a directory's Terraform.

    Without ``limits``, a value outside its key's limits does not raise Failure; ``problems`` then
    contains it.
    """
    if path.is_dir():
        return read_directory(path).answers
    return answers_of_file(path, limits=limits)


def subject_of(answers: Answers, account: AccountFacts | None = None) -> Subject:
    """Resolve answers with the type's figures from the account, or else the shipped catalogue."""
    decided = resolved(answers, account)
    return Subject(answers, decided, problems(answers, decided))


def valid_stack(subject: Subject, path: Path) -> Stack:
    """Return the subject's stack. Raises Failure with all problems, one a line."""
    if not subject.problems:
        return subject.stack
    lines = [with_values(problem, subject.answers) for problem in subject.problems]
    raise Failure(
        _("{path} is not a valid stack: {problems}").format(
            path=path, problems="\n  ".join(["", *lines]) if len(lines) > 1 else lines[0]
        )
    )


def answers_of_file(path: Path, *, limits: bool = True) -> Answers:
    """Read an answers file. Raises Failure with file, line and key."""
    try:
        text = read_input(path, ANSWERS_MAX).decode("utf-8")
    except UnicodeDecodeError:
        raise Failure(_("{path} is not UTF-8 text.").format(path=path)) from None
    except OSError as error:
        raise Failure(
            _("Could not read {path}: {reason}.").format(path=path, reason=error.strerror)
        ) from None
    try:
        return load_answers(text, limits=limits)
    except AnswersError as error:
        place = f"{path}:{error.line}" if error.line else str(path)
        raise Failure(f"{place}: {error}.") from None


def read_directory(directory: Path) -> ReadBack:
    """Read a directory's Terraform. Raises Failure with file and line, or if there is none."""
    from gpuecs_tui.terraform.read.directory import ReadProblem, read

    try:
        found = read(directory)
    except ReadProblem as problem:
        raise Failure(str(problem)) from None
    if found.kind != "stack":
        broken = next((it for it in found.unread if it.file and it.what == it.file), None)
        if broken is not None:
            raise NotUnderstood(
                f"{directory / broken.file} {broken.reason}.",
                _("Correct the error in that file. `terraform validate` explains it."),
            )
        raise NotUnderstood(
            no_stack(directory),
            _("To write one: gpuecs-tui render ANSWERS.toml {directory}").format(
                directory=shell_word(directory)
            ),
        )
    return found
