"""The stage of a run that runs ``terraform init`` to install providers and connect to the state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.releases.strategy import provider_number
from gpuecs_tui.terraform.engine.binary import Engine
from gpuecs_tui.terraform.engine.events import Event
from gpuecs_tui.terraform.engine.init_failure import disk_failure
from gpuecs_tui.terraform.engine.init_needed import locked_providers, remember_init
from gpuecs_tui.terraform.engine.mirror import PROVIDER, Mirror, ProviderSource, find_mirror
from gpuecs_tui.terraform.engine.provider_choice import provider_minimum
from gpuecs_tui.terraform.state.location import init_options


def initialise(
    directory: Path,
    engine: Engine,
    environ: Mapping[str, str],
    *,
    plugin_dir: Path | None,
    run: Callable[[list[str]], int],
    events: Callable[[], Sequence[Event]],
    note: Callable[[str], None],
) -> int:
    """Run ``init`` with the providers that are available here, and return its exit code.

    ``run`` runs the engine with the given arguments, and ``events`` returns the events of that;
    ``note`` reports a sentence. Raises TerraformProblem if the state must be moved first or a
    mirror set by the user can't be used.
    """
    # Imported late, because most runs need no init.
    from gpuecs_tui.terraform.migration.lifecycle import refuse_unmoved

    refuse_unmoved(directory, environ)
    minimum = provider_minimum(directory)
    locked = locked_providers(directory).get(f"{engine.registry}/{PROVIDER}")
    options = []
    if locked is not None and provider_number(locked) < provider_number(minimum):
        # Without -upgrade, init keeps the version in the lock file.
        note(
            _(
                "The stack requires AWS provider {minimum} or later, and the dependency lock file "
                "has {locked}: it changes to a later release, also of other providers. Commit it. "
                "A state that provider 6 has written can't be used with provider 5 again."
            ).format(minimum=minimum, locked=locked)
        )
        locked, options = None, ["-upgrade"]
    mirror = find_mirror(engine, named=plugin_dir, locked=locked, minimum=minimum, environ=environ)
    code = _init(directory, mirror, environ, run, note, options)
    if (
        code == 1
        and mirror.source is ProviderSource.FOUND
        # The disk would be full without the mirror too.
        and disk_failure(events(), directory, mirror.plugin_dir) is None
    ):
        # Found by a search, not set by the user: another required provider may be missing.
        note(_("Could not initialize with this mirror. Trying without it."))
        code = _init(directory, Mirror(ProviderSource.REGISTRY, None), environ, run, note, options)
    if code == 0:
        remember_init(directory, environ)
    return code


def _init(
    directory: Path,
    mirror: Mirror,
    environ: Mapping[str, str],
    run: Callable[[list[str]], int],
    note: Callable[[str], None],
    options: Sequence[str],
) -> int:
    arguments = ["init", "-json", "-input=false", *init_options(directory, environ), *options]
    if mirror.plugin_dir is not None:
        note(_("Installing providers from {folder}.").format(folder=mirror.plugin_dir))
        arguments.append(f"-plugin-dir={mirror.plugin_dir}")
    return run(arguments)
