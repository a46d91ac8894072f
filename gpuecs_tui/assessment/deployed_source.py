"""Follows what a directory has deployed, and reads it again only after a change."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.assessment.deployed import Deployed, deployed_from
from gpuecs_tui.aws.reading import value_or
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.engine.init_needed import data_folder
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_list import runs_root
from gpuecs_tui.terraform.state.backend import local_state

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.facts import DeploymentFacts

Present = tuple[Stack, Collection[str]]
"""The decisions in a directory, and the keys of them that could not be read."""


def hint_of(facts: DeploymentFacts) -> object:
    """Return what each apply of a new revision changes; None if the service is unknown."""
    service = value_or(facts.service, None)
    if service is None:
        return None
    return service.task_definition, tuple(it.id for it in service.deployments)


class DeployedSource:
    """What a directory has deployed. One thread uses it at a time."""

    def __init__(
        self,
        directory: Path,
        environ: Callable[[], Mapping[str, str]],
        present: Callable[[], Present],
    ) -> None:
        """Read nothing yet.

        ``environ``: the environment in which the state is read. ``present``: reads the decisions.
        """
        self._directory = directory
        self._environ = environ
        self._present = present
        self._known: Deployed | None = None
        self._state: Path | None = None
        """The file of a local state."""
        self._mark: object = None
        self._hint: object = None

    def read(self, hint: object = None, *, again: bool = False) -> Deployed:
        """Return what is deployed; blocks for a second if a remote state has to be read.

        It is read again if the files, the runs or the state file changed, if ``hint`` differs from
        the last one, or if ``again``. A remote state has no file: pass as ``hint`` what an apply of
        another user changes, see ``hint_of``; None: it is unknown. Raises what ``present`` raises,
        and NoHome.
        """
        known = self._known
        is_hinted = None not in (hint, self._hint) and hint != self._hint
        self._hint = self._hint if hint is None else hint
        if known is None or again or is_hinted or self._mark != self._marks(known.runs):
            environ = self._environ()
            with suppress(TerraformProblem):
                self._state = local_state(self._directory, environ)
            # The marks are from before the reading: the next call sees a change during it. Runs
            # that began since then are in the folder of all runs.
            files = self._files()
            stack, unknown = self._present()
            self._known = known = deployed_from(self._directory, stack, environ, unknown)
            self._mark = files, self._runs(known.runs)
        return known

    def _marks(self, runs: Sequence[Run]) -> object:
        return self._files(), self._runs(runs)

    def _files(self) -> object:
        """Return what changes with each file of the directory and with each new run."""
        folder = data_folder(self._directory, self._environ())
        others = [runs_root(), self._state, *(folder / name for name in _RECORDS)]
        return (
            tuple(_stat(it) for it in others if it is not None),
            tuple(sorted(_entries(self._directory))),
        )

    def _runs(self, runs: Sequence[Run]) -> object:
        """Return what changes with the state of a run that has not ended.

        The process of a live run may have died, so it is looked up. Any other run changes with a
        new file in its folder.
        """
        return tuple(
            it.refresh().state if it.is_live else _stat(it.files.folder)
            for it in runs
            if not it.is_final
        )


_RECORDS = ("terraform.tfstate", "environment")
"""Files in Terraform's data folder: the backend that was initialized, the selected workspace."""


def _entries(directory: Path) -> Iterator[tuple[str, object]]:
    """Yield name and status of the files in ``directory``; none if it can't be read."""
    with suppress(OSError), os.scandir(directory) as found:
        for entry in found:
            if not entry.name.startswith(".") and entry.is_file():
                yield entry.name, _stat(Path(entry.path))


def _stat(path: Path) -> tuple[int, int, int] | None:
    """Return what changes with each write of a file; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
