"""Rule user-data: user data that undoes what the stack's own sets, or that doesn't run.

The stack's own is a shell script that appends to ``/etc/ecs/ecs.config``; what is added follows it
in the same script. On Bottlerocket both are one TOML, and what contradicts is refused as typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, error, undecided, warning
from gpuecs_tui.checks.user_data_commands import (
    CONFIG,
    EXTRA,
    FILE,
    RULE,
    SedEdit,
    effect_findings,
    parts_of,
    sed_edit,
    short,
)
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.agent_config import settings
from gpuecs_tui.stack.shell_commands import Command, commands
from gpuecs_tui.stack.user_data_shape import has_interpreter, shape_of

CLUSTER = "ECS_CLUSTER"
GPU_SUPPORT = "ECS_ENABLE_GPU_SUPPORT"
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
"""What Go's strconv.ParseBool takes for true; the agent takes anything else for false."""
DEFAULT_CLUSTER = "default"
"""Where the agent registers without ECS_CLUSTER (ECS developer guide, agent configuration)."""

_REDIRECT = re.compile(rf"(?<![>&<|-])(?:[12&])?>\|?\s*{CONFIG}")
_TEE = re.compile(rf"\btee\b((?:\s+[^\s|;&<>]+)*?)\s+{CONFIG}")
_APPENDS = re.compile(r"\s(?:-[a-zA-Z]*a[a-zA-Z]*|--append)(?=\s|$)")
_REMOVES = re.compile(rf"\b(?:rm|truncate|unlink|shred)\s(?:[^|;&]*\s)?{CONFIG}")
_REPLACES = re.compile(
    rf"\b(?:cp|mv|install|ln)\s[^|;&]*\s{CONFIG}\s*(?:$|[|;&])"
    rf"|\b(?:curl|wget)\s[^|;&]*(?:-o|-O|--output|--output-document)[\s=]*{CONFIG}"
    rf"|\bdd\s[^|;&]*of={CONFIG}"
)
"""``aws s3 cp`` ends in ``cp``, too."""
_NAME = re.compile(r"[A-Za-z0-9_-]*")
_RESTART = re.compile(
    r"\bsystemctl\s(?P<options>[^|;&\n]*?)\b(?:restart|start|reload-or-restart|enable\s+--now)"
    r"\s(?P<units>[^|;&\n]*?)\becs(?:\.service)?\b(?P<rest>[^|;&\n]*)(?P<end>&?)(?!&)"
    r"|\bservice\s+ecs\s+(?:re)?start\b(?P<rest2>[^|;&\n]*)(?P<end2>&?)(?!&)"
)


@dataclass(slots=True)
class _Config:
    """What ``ecs.config`` holds after the commands so far, as far as they say."""

    values: dict[str, str] = field(default_factory=dict)
    joined_by: str = ""
    """The text that set ECS_CLUSTER last; empty: the stack's own script."""
    replaced: Command | None = None
    """The last command that put another file there, whose contents aren't known here."""
    truncated: Command | None = None
    """The last command that began the file anew after the stack's own settings were in it."""
    removed: str = ""
    """The last command that took ECS_CLUSTER out of the file."""
    lost: dict[str, str] = field(default_factory=dict)
    """Settings of the stack that were lost with it."""


def user_data(context: Context) -> Iterator[Finding]:
    """Texts that aren't a shell script, that begin ``ecs.config`` again or join elsewhere."""
    stack = context.stack
    extra, own = stack.fleet.extra_user_data, context.bootstrap
    if stack.fleet.ami == "bottlerocket" or not (extra or own):
        return
    yield from _line_ends(extra, own)
    if (shape := shape_of(extra)) and extra:
        yield error(
            RULE,
            EXTRA,
            _(
                "The extra user data is {shape}. It is appended to a shell script, so the shell "
                "runs it as commands."
            ).format(shape=_(shape)),
            _("write it as shell commands"),
        )
        return
    if own and not has_interpreter(own):
        if not shape_of(own):
            yield error(
                RULE,
                EXTRA,
                _("{file} doesn't start with #!, so cloud-init doesn't run it.").format(file=FILE),
                _("start it with #!/bin/bash"),
            )
        return
    yield from _agent_config(context, own, extra)
    yield from _restart(own, extra)
    yield from effect_findings(own, extra)


def _line_ends(extra: str, own: str) -> Iterator[Finding]:
    if "\r" in own:
        yield error(
            RULE,
            EXTRA,
            _(
                "{file} has Windows line ends. The kernel looks for the interpreter "
                "/bin/bash followed by CR, so that the script doesn't run and instances join no "
                "cluster."
            ).format(file=FILE),
            _("convert it: sed -i 's/\\r$//' {file}").format(file=FILE),
        )
    if "\r" in extra:
        yield error(
            RULE,
            EXTRA,
            _(
                "The extra user data has Windows line ends. The shell takes each CR as a part of "
                "the command."
            ),
            _("remove the CR characters"),
            ((EXTRA, extra.replace("\r\n", "\n").replace("\r", "\n")),),
        )


def _agent_config(context: Context, own: str, extra: str) -> Iterator[Finding]:
    stack = context.stack
    cluster = stack.names.cluster
    config = _Config(_own_settings(context))
    if own:
        config = _Config()
        _run(FILE, own.replace("${cluster}", cluster), config)
        config.truncated = None
    _run(_("The extra user data"), extra, config)
    joins = config.values.get(CLUSTER, "")
    yield from _without_gpus(context, config)
    if not _NAME.fullmatch(joins):
        yield undecided(
            RULE,
            EXTRA,
            _("Could not check which cluster instances join: {name} is set to {value}.").format(
                name=CLUSTER, value=joins
            ),
            _("remove {name} from the user data; the stack sets it").format(name=CLUSTER),
        )
    elif config.replaced is not None and not joins:
        yield undecided(
            RULE,
            EXTRA,
            _(
                "Could not check which cluster instances join: the user data replaces "
                "/etc/ecs/ecs.config ({command})."
            ).format(command=short(config.replaced.text)),
            _("append {name}={cluster} to the file afterwards").format(
                name=CLUSTER, cluster=cluster
            ),
        )
    elif config.truncated is not None and not joins:
        yield error(
            RULE,
            EXTRA,
            _(
                "The extra user data overwrites /etc/ecs/ecs.config ({command}), which holds "
                "{name}. Instances join the cluster {default} and run no task."
            ).format(command=short(config.truncated.text), name=CLUSTER, default=DEFAULT_CLUSTER),
            _("append with >> or tee -a"),
            _append(extra),
        )
    elif config.removed and not joins:
        yield error(
            RULE,
            EXTRA,
            _(
                "The user data removes {name} from /etc/ecs/ecs.config ({command}). Instances join "
                "the cluster {default} and run no task."
            ).format(name=CLUSTER, command=short(config.removed), default=DEFAULT_CLUSTER),
            _("remove the command"),
        )
    elif not joins:
        yield error(
            RULE,
            EXTRA,
            _("{file} doesn't set {name}. Instances join the cluster {default}.").format(
                file=FILE, name=CLUSTER, default=DEFAULT_CLUSTER
            ),
            _("append {name}=${{cluster}} to /etc/ecs/ecs.config there").format(name=CLUSTER),
        )
    elif cluster and joins != cluster:
        yield error(
            RULE,
            EXTRA,
            _("{where} sets {name} to {joins}. Instances join that cluster, not {cluster}.").format(
                where=config.joined_by, name=CLUSTER, joins=joins, cluster=cluster
            ),
            _("remove {name} there; the stack sets it").format(name=CLUSTER)
            if config.joined_by != FILE
            else _("write {name}=${{cluster}} there").format(name=CLUSTER),
        )
    elif config.lost:
        yield warning(
            RULE,
            EXTRA,
            _("The extra user data overwrites /etc/ecs/ecs.config and loses {settings}.").format(
                settings=", ".join(f"{name}={value}" for name, value in config.lost.items())
            ),
            _("append with >> or tee -a"),
            _append(extra),
        )


def _without_gpus(context: Context, config: _Config) -> Iterator[Finding]:
    """Tell that the agent registers no GPU: ECS_ENABLE_GPU_SUPPORT is true on the GPU AMIs.

    They set it in ``/var/lib/ecs/ecs.config``, which ``/etc/ecs/ecs.config`` overrides
    (github.com/aws/amazon-ecs-ami; the agent's README names the default, false).
    """
    value = config.values.get(GPU_SUPPORT)
    if value is None or value in _TRUE or not context.stack.task.gpus:
        return
    if not _NAME.fullmatch(value):
        yield undecided(
            RULE,
            EXTRA,
            _("Could not check whether instances offer GPUs: {name} is set to {value}.").format(
                name=GPU_SUPPORT, value=value
            ),
            _("remove {name} from the user data").format(name=GPU_SUPPORT),
        )
        return
    yield error(
        RULE,
        EXTRA,
        _(
            "The user data sets {name} to {value}. Instances register without GPUs, so no task is "
            "placed."
        ).format(name=GPU_SUPPORT, value=value or '""'),
        _("remove {name} from the user data").format(name=GPU_SUPPORT),
    )


def _own_settings(context: Context) -> dict[str, str]:
    """Return what the stack's own script writes into ``ecs.config``, as far as it matters here."""
    stack = context.stack
    found = {CLUSTER: stack.names.cluster or DEFAULT_CLUSTER}
    if stack.fleet.market == "spot":
        found["ECS_ENABLE_SPOT_INSTANCE_DRAINING"] = "true"
    if stack.task.network_mode == "awsvpc":
        found["ECS_AWSVPC_BLOCK_IMDS"] = "true"
    return found


def _run(where: str, script: str, config: _Config) -> None:
    """Follow what ``script``, which is called ``where``, makes of ``ecs.config``."""
    before = dict(config.values)
    here: set[str] = set()
    for command in commands(script):
        replaces, truncates = _REPLACES.search(command.text), _truncates(command.text)
        if replaces or truncates:
            # The lines of a group come before the redirection that its last line has.
            grouped = command.text.lstrip().startswith(("}", ")", "done"))
            config.values = {
                name: value for name, value in config.values.items() if grouped and name in here
            }
            config.replaced = command if replaces else None
            config.truncated = None if replaces else command
        assigned = settings(command.whole)
        for part in parts_of(command.text):
            if (edit := sed_edit(part)) is not None:
                assigned = {}
                _edit(where, part, edit, config)
        config.values.update(assigned)
        here.update(assigned)
        if CLUSTER in assigned:
            config.joined_by = where
    if config.truncated is not None:
        config.lost = {
            name: value
            for name, value in before.items()
            if name != CLUSTER and name not in config.values
        }


def _edit(where: str, part: str, edit: SedEdit, config: _Config) -> None:
    """Follow what a ``sed -i`` makes of the lines that the file is known to hold."""
    lines = (edit.applied(f"{name}={value}") for name, value in config.values.items())
    values = settings("\n".join(line for line in lines if line))
    if values.get(CLUSTER) != config.values.get(CLUSTER):
        config.joined_by = where
        config.removed = "" if values.get(CLUSTER) else part
    config.values = values


def _truncates(command: str) -> bool:
    if _REDIRECT.search(command) or _REMOVES.search(command):
        return True
    return any(not _APPENDS.search(found[1]) for found in _TEE.finditer(command))


def _append(extra: str) -> Fix | None:
    """Return the change of ``>`` to ``>>`` and ``tee`` to ``tee -a``; None for other commands."""
    if any(_REMOVES.search(command.text) for command in commands(extra)):
        return None
    text = _REDIRECT.sub(lambda found: found[0].replace(">|", ">").replace(">", ">>", 1), extra)
    text = _TEE.sub(
        lambda found: (
            found[0] if _APPENDS.search(found[1]) else found[0].replace("tee", "tee -a", 1)
        ),
        text,
    )
    return ((EXTRA, text),) if text != extra else None


def _restart(own: str, extra: str) -> Iterator[Finding]:
    for text, name in ((own, FILE), (extra, _("The extra user data"))):
        for command in commands(text):
            found = _RESTART.search(command.text)
            if found is None or "--no-block" in command.text or found["end"] or found["end2"]:
                continue
            fix: Fix | None = None
            if text is extra and found["end2"] is None:
                fix = ((EXTRA, _no_block(extra)),)
            yield error(
                RULE,
                EXTRA,
                _(
                    "{where} waits for the ECS agent ({command}). The agent's service starts only "
                    "after user data has ended, so both wait for each other."
                ).format(where=name, command=short(command.text)),
                _("use systemctl --no-block, or remove the command: the agent starts by itself"),
                fix,
            )
            break


def _no_block(extra: str) -> str:
    return _RESTART.sub(
        lambda found: (
            found[0]
            if "--no-block" in found[0]
            else found[0].replace("systemctl", "systemctl --no-block", 1)
        ),
        extra,
    )
