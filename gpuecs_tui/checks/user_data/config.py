"""The content of ``/etc/ecs/ecs.config`` after user data, and its effect on the ECS agent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Severity, error, undecided, warning
from gpuecs_tui.checks.user_data.commands import EXTRA, FILE, RULE, UNJUDGED, short
from gpuecs_tui.checks.user_data.shell.sed import data_lines
from gpuecs_tui.checks.user_data.shell.world import (
    CONFIG,
    Chunk,
    Data,
    World,
    is_unknown,
    shown,
    starts_known,
)
from gpuecs_tui.i18n import _

CLUSTER = "ECS_CLUSTER"
GPU_SUPPORT = "ECS_ENABLE_GPU_SUPPORT"
DEFAULT_CLUSTER = "default"
"""The cluster of the agent without ECS_CLUSTER (ECS developer guide, agent configuration)."""
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
"""The values that Go's strconv.ParseBool accepts as true. The agent treats others as false."""
_SETTING = re.compile(r"([A-Za-z_]\w*)(\s*)=\s*(.*)", re.DOTALL)


@dataclass(slots=True)
class Settings:
    """The settings of a file. The last line of a setting counts."""

    values: dict[str, str] = field(default_factory=dict)
    """The text of the value; unknown parts of it are marked."""
    wrote: dict[str, Chunk] = field(default_factory=dict)
    """Name → the line that applies."""
    open_after: dict[str, Chunk] = field(default_factory=dict)
    """Name → a later line that may set it; the empty name stands for any setting of the file."""

    def opened(self, name: str) -> Chunk | None:
        """Return the line after which the value of ``name`` is unknown; None if it is known."""
        return self.open_after.get(name if name in self.values else "")


def settings_of(data: Data) -> Settings:
    """Return the settings that the agent reads: lines of ``NAME=value``, ``#`` for comments."""
    found = Settings()
    for chunk in data_lines(data):
        line = chunk.text.strip()
        if line.startswith("#") or not line:
            continue
        setting = _SETTING.match(line)
        if setting is None or is_unknown(setting[1]):
            if "=" not in starts_known(line) and is_unknown(line):
                found.open_after = dict.fromkeys(["", *found.values], chunk)
            continue
        name, value = setting[1], setting[3].strip().strip("\"'")
        # Whether the agent accepts a space before "=" isn't documented.
        found.values[name] = f"\x01{shown(value)}\x02" if setting[2] else value
        found.wrote[name] = chunk
        found.open_after.pop(name, None)
    return found


def config_findings(
    context: Context, worlds: Sequence[World], between: Sequence[World]
) -> Iterator[Finding]:
    """Check the file in each course. An error in all courses is certain."""
    for judge in (_cluster, _without_gpus, _lost):
        found = [next(judge(context, world, between), None) for world in worlds]
        there = [it for it in found if it is not None]
        errors = [it for it in there if it.severity is Severity.ERROR]
        if not there:
            continue
        if errors and len(errors) < len(found):
            yield undecided(
                RULE,
                EXTRA,
                _(
                    "Could not check which commands of the user data run. One possible result: "
                    "{message}"
                ).format(message=errors[0].message),
                errors[0].remedy,
            )
        else:
            yield (errors or there)[0]


def _cluster(context: Context, world: World, _between: Sequence[World]) -> Iterator[Finding]:
    cluster = context.stack.names.cluster
    config = settings_of(world.files[CONFIG])
    joins = config.values.get(CLUSTER, "")
    if (line := config.opened(CLUSTER)) is not None:
        if not _is_named(world, line):
            yield _not_known(context, line)
    elif is_unknown(joins):
        yield undecided(
            RULE,
            EXTRA,
            _("Could not check which cluster instances join: {name} is set to {value}.").format(
                name=CLUSTER, value=shown(joins)
            ),
            _("remove {name} from the user data; the stack sets it").format(name=CLUSTER),
        )
    elif not joins:
        yield _joins_none(world)
    elif cluster and joins != cluster:
        where = config.wrote[CLUSTER].where
        yield error(
            RULE,
            EXTRA,
            _("{where} sets {name} to {joins}. Instances join that cluster, not {cluster}.").format(
                where=where, name=CLUSTER, joins=joins, cluster=cluster
            ),
            _("remove {name} there; the stack sets it").format(name=CLUSTER)
            if where != FILE
            else _("set {name}=${{cluster}} there").format(name=CLUSTER),
        )


def _is_named(world: World, line: Chunk) -> bool:
    """Return whether another finding already names the command that wrote a line."""
    return any(it.kind == UNJUDGED and it.where == line.where for it in world.events)


def _not_known(context: Context, line: Chunk) -> Finding:
    names = [f"{CLUSTER}={context.stack.names.cluster or '${cluster}'}"]
    if context.stack.task.gpus:
        names.append(f"{GPU_SUPPORT}=true")
    return undecided(
        RULE,
        EXTRA,
        _(
            "{where}: could not check which settings {command} writes to /etc/ecs/ecs.config. They "
            "may include another {name}."
        ).format(where=line.where, command=short(line.command), name=CLUSTER),
        _("write the settings as plain text, or append {settings} afterwards").format(
            settings=_(" and ").join(names)
        ),
    )


def _joins_none(world: World) -> Finding:
    if world.begun is not None:
        return error(
            RULE,
            EXTRA,
            _(
                "{where} overwrites /etc/ecs/ecs.config ({command}), which contains {name}. "
                "Instances join the cluster {default} and run no tasks."
            ).format(
                where=world.begun.where,
                command=short(world.begun.command),
                name=CLUSTER,
                default=DEFAULT_CLUSTER,
            ),
            _("append with >> or tee -a"),
        )
    if world.edited is not None:
        return error(
            RULE,
            EXTRA,
            _(
                "The user data removes {name} from /etc/ecs/ecs.config ({command}). Instances join "
                "the cluster {default} and run no tasks."
            ).format(name=CLUSTER, command=short(world.edited.command), default=DEFAULT_CLUSTER),
            _("remove the command"),
        )
    return error(
        RULE,
        EXTRA,
        _("{file} doesn't set {name}. Instances join the cluster {default}.").format(
            file=FILE, name=CLUSTER, default=DEFAULT_CLUSTER
        ),
        _("append {name}=${{cluster}} to /etc/ecs/ecs.config there").format(name=CLUSTER),
    )


def _without_gpus(context: Context, world: World, _between: Sequence[World]) -> Iterator[Finding]:
    """Report that the agent registers no GPU: the GPU AMIs set ECS_ENABLE_GPU_SUPPORT to true.

    They set it in ``/var/lib/ecs/ecs.config``, which ``/etc/ecs/ecs.config`` overrides
    (github.com/aws/amazon-ecs-ami; the agent's README names the default, false).
    """
    if not context.stack.task.gpus:
        return
    config = settings_of(world.files[CONFIG])
    value = config.values.get(GPU_SUPPORT)
    if (line := config.opened(GPU_SUPPORT)) is not None:
        if config.opened(CLUSTER) is None and not _is_named(world, line):
            yield _not_known(context, line)
        return
    if value is None or value in _TRUE:
        return
    if is_unknown(value):
        yield undecided(
            RULE,
            EXTRA,
            _("Could not check whether instances offer GPUs: {name} is set to {value}.").format(
                name=GPU_SUPPORT, value=shown(value)
            ),
            _("remove {name} from the user data").format(name=GPU_SUPPORT),
        )
        return
    yield error(
        RULE,
        EXTRA,
        _(
            "The user data sets {name} to {value}. Instances register without GPUs, so no tasks "
            "are placed."
        ).format(name=GPU_SUPPORT, value=value or '""'),
        _("remove {name} from the user data").format(name=GPU_SUPPORT),
    )


def _lost(_context: Context, world: World, between: Sequence[World]) -> Iterator[Finding]:
    """Report settings of the first part that the second part overwrites."""
    if world.begun is None:
        return
    held = settings_of(world.files[CONFIG])
    if held.opened("") is not None or not held.values.get(CLUSTER):
        return
    before = [settings_of(it.files[CONFIG]).values for it in between]
    lost = {
        name: shown(value)
        for values in before
        for name, value in values.items()
        if name not in held.values
    }
    if lost:
        yield warning(
            RULE,
            EXTRA,
            _("The extra user data overwrites /etc/ecs/ecs.config and loses {settings}.").format(
                settings=", ".join(f"{name}={value}" for name, value in lost.items())
            ),
            _("append with >> or tee -a"),
        )
