"""Rule user-data: user data that undoes what the stack's own sets, or that doesn't run.

The stack's own is a shell script that appends to ``/etc/ecs/ecs.config``; what is added follows it
in the same script. On Bottlerocket both are one TOML, and what contradicts is refused as typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, Severity, error, undecided, warning
from gpuecs_tui.checks.user_data_commands import (
    EXTRA,
    FILE,
    RULE,
    SedEdit,
    effect_findings,
    sed_edit,
    short,
)
from gpuecs_tui.checks.user_data_script import (
    APPENDS,
    REDIRECT,
    TEE,
    Statement,
    content_is_known,
    parts_of,
    removes,
    replaces,
    statements,
    truncates,
    writes,
)
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.agent_config import settings
from gpuecs_tui.stack.user_data_shape import has_interpreter, shape_of

CLUSTER = "ECS_CLUSTER"
GPU_SUPPORT = "ECS_ENABLE_GPU_SUPPORT"
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
"""What Go's strconv.ParseBool takes for true; the agent takes anything else for false."""
DEFAULT_CLUSTER = "default"
"""Where the agent registers without ECS_CLUSTER (ECS developer guide, agent configuration)."""

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
    replaced: Statement | None = None
    """The last command that put another file there, whose contents aren't known here."""
    truncated: Statement | None = None
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
    """Follow the script with and without its conditional commands: only what both do is sure."""
    every, sure = (_config(context, own, extra, only_certain=it) for it in (False, True))
    for judge in (_without_gpus, _cluster):
        found = [next(judge(context, config, extra), None) for config in (sure, every)]
        errors = [it for it in found if it is not None and it.severity is Severity.ERROR]
        if len(errors) == 1:
            yield undecided(
                RULE,
                EXTRA,
                _(
                    "Could not check which of its conditional commands the user data runs. One "
                    "possible result: {message}"
                ).format(message=errors[0].message),
                errors[0].remedy,
            )
        else:
            yield from [it for it in found if it is not None][:1]


def _config(context: Context, own: str, extra: str, *, only_certain: bool) -> _Config:
    """Return what ``ecs.config`` holds after both scripts."""
    config = _Config(_own_settings(context))
    if own:
        config = _Config()
        text = own.replace("${cluster}", context.stack.names.cluster)
        _run(FILE, text, config, only_certain=only_certain)
        config.truncated = None
    _run(_("The extra user data"), extra, config, only_certain=only_certain)
    return config


def _cluster(context: Context, config: _Config, extra: str) -> Iterator[Finding]:
    cluster = context.stack.names.cluster
    joins = config.values.get(CLUSTER, "")
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


def _without_gpus(context: Context, config: _Config, _extra: str) -> Iterator[Finding]:
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


def _run(where: str, script: str, config: _Config, *, only_certain: bool) -> None:
    """Follow what ``script``, which is called ``where``, makes of ``ecs.config``."""
    before = dict(config.values)
    for statement in statements(script):
        if only_certain and not statement.is_certain:
            continue
        for part in parts_of(statement.text):
            if (edit := sed_edit(part)) is not None:
                _edit(where, part, edit, config)
            elif removes(part):
                _begin(statement, config, is_known=True)
            elif replaces(part):
                _begin(statement, config, is_known=False)
        if not writes(statement.text):
            continue
        text = "\n".join((statement.inner, statement.text, statement.body))
        assigned = settings(text)
        if truncates(statement.text):
            is_read = CLUSTER not in text or CLUSTER in assigned
            _begin(statement, config, is_known=is_read and content_is_known(statement))
        config.values.update(assigned)
        if CLUSTER in assigned:
            config.joined_by = where
    if config.truncated is not None:
        config.lost = {
            name: value
            for name, value in before.items()
            if name != CLUSTER and name not in config.values
        }


def _begin(statement: Statement, config: _Config, *, is_known: bool) -> None:
    """Follow a command after which the file holds nothing of before."""
    config.values = {}
    config.truncated = statement if is_known else None
    config.replaced = None if is_known else statement


def _edit(where: str, part: str, edit: SedEdit, config: _Config) -> None:
    """Follow what a ``sed -i`` makes of the lines that the file is known to hold."""
    lines = (edit.applied(f"{name}={value}") for name, value in config.values.items())
    values = settings("\n".join(line for line in lines if line))
    if values.get(CLUSTER) != config.values.get(CLUSTER):
        config.joined_by = where
        config.removed = "" if values.get(CLUSTER) else part
    config.values = values


def _append(extra: str) -> Fix | None:
    """Return the change of ``>`` to ``>>`` and ``tee`` to ``tee -a``; None for other commands."""
    if any(removes(it) for found in statements(extra) for it in parts_of(found.text)):
        return None
    text = REDIRECT.sub(lambda found: found[0].replace(">|", ">").replace(">", ">>", 1), extra)
    text = TEE.sub(
        lambda found: (
            found[0] if APPENDS.search(found[1]) else found[0].replace("tee", "tee -a", 1)
        ),
        text,
    )
    return ((EXTRA, text),) if text != extra else None


def _restart(own: str, extra: str) -> Iterator[Finding]:
    for text, name in ((own, FILE), (extra, _("The extra user data"))):
        for command in statements(text):
            found = _RESTART.search(command.text)
            if found is None or "--no-block" in command.text or found["end"] or found["end2"]:
                continue
            fix: Fix | None = None
            if text is extra and found["end2"] is None:
                fix = ((EXTRA, _no_block(extra)),)
            if not command.is_certain:
                yield undecided(
                    RULE,
                    EXTRA,
                    _(
                        "{where}: could not check whether {command} runs. If it runs, it waits for "
                        "the ECS agent, which starts only after user data has ended."
                    ).format(where=name, command=short(command.text)),
                    _("use systemctl --no-block, or remove the command"),
                )
                break
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
