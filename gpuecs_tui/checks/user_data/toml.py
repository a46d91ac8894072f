"""Bottlerocket's user data: TOML whose ``[settings.ecs]`` names the cluster.

The form refuses extra user data that isn't TOML. This module checks the file in the directory,
which may be edited by hand (Bottlerocket, "settings.ecs").
"""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided
from gpuecs_tui.checks.user_data.commands import EXTRA, FILE, RULE
from gpuecs_tui.checks.user_data.config import DEFAULT_CLUSTER
from gpuecs_tui.i18n import _

TOML_FILE = "user_data.toml"


def toml_findings(context: Context) -> Iterator[Finding]:
    """Report that the file with the extra user data isn't TOML or names another cluster."""
    # Imported only when needed: few directories have an edited file.
    import tomllib

    cluster = context.stack.names.cluster
    if context.bootstrap.startswith("#!"):
        yield undecided(
            RULE,
            EXTRA,
            _(
                "Could not check which cluster instances join: {file} in the directory is a shell "
                "script, but Bottlerocket reads TOML."
            ).format(file=FILE),
            _("delete {file} if the launch template doesn't use it").format(file=FILE),
        )
        return
    own = context.bootstrap.replace("${cluster}", cluster)
    try:
        tree = tomllib.loads(own + context.stack.fleet.extra_user_data)
    except (ValueError, RecursionError) as problem:
        yield error(
            RULE,
            EXTRA,
            _(
                "{file} with the extra user data is not valid TOML ({reason}). Bottlerocket "
                "applies none of it, so instances join no cluster."
            ).format(file=TOML_FILE, reason=str(problem) or type(problem).__name__),
            _("correct {file}").format(file=TOML_FILE),
        )
        return
    settings = tree.get("settings")
    ecs = settings.get("ecs") if isinstance(settings, dict) else None
    joins = ecs.get("cluster", "") if isinstance(ecs, dict) else ""
    if not joins:
        yield error(
            RULE,
            EXTRA,
            _("{file} doesn't set {name}. Instances join the cluster {default}.").format(
                file=TOML_FILE, name="settings.ecs.cluster", default=DEFAULT_CLUSTER
            ),
            _('set cluster = "${{cluster}}" below [settings.ecs]').format(),
        )
    elif cluster and joins != cluster:
        yield error(
            RULE,
            EXTRA,
            _("{where} sets {name} to {joins}. Instances join that cluster, not {cluster}.").format(
                where=TOML_FILE, name="settings.ecs.cluster", joins=joins, cluster=cluster
            ),
            _('set cluster = "${{cluster}}" there').format(),
        )
