"""Rule user-data: user data that undoes what the stack's own sets, or that doesn't run.

The stack's own is a shell script that appends to ``/etc/ecs/ecs.config``; what is added follows it
in the same script. On Bottlerocket both are one TOML, and what contradicts is refused as typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, Severity, error, undecided, warning
from gpuecs_tui.checks.user_data.commands import EXTRA, FILE, RULE, effect_findings
from gpuecs_tui.checks.user_data.config import CLUSTER, DEFAULT_CLUSTER, config_findings
from gpuecs_tui.checks.user_data.script import Followed, followed
from gpuecs_tui.checks.user_data.shell.world import Chunk, Data
from gpuecs_tui.checks.user_data.toml import toml_findings
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.user_data_shape import has_interpreter, shape_of

_SHEBANG_OPTIONS = re.compile(r"#!\s*\S*/(?:ba|da)?sh\s+-(\w+)")
_TEMPLATE = re.compile(r"(?<![$%])(?:%\{|\$\{(?!cluster\}))")
"""A directive or an expression of Terraform's templates; a doubled mark is a text."""
_CONFIG = r"[\"']?(?:/etc/ecs/)?ecs\.config[\"']?(?![\w.-])"
_REDIRECT = re.compile(rf"(?<![>&<|-])(?:[12&])?>\|?\s*{_CONFIG}")
_TEE = re.compile(rf"\btee\b((?:\s+[^\s|;&<>]+)*?)\s+{_CONFIG}")
_APPENDS = re.compile(r"\s(?:-[a-zA-Z]*a[a-zA-Z]*|--append)(?=\s|$)")
_WAITS = re.compile(
    r"\bsystemctl(?=\s[^|;&\n]*\b(?:restart|start|enable\s+--now)\s[^|;&\n]*\becs(?:\.service)?\b)"
    r"(?![^|;&\n]*--no-block)"
)


def user_data(context: Context) -> Iterator[Finding]:
    """Texts that aren't a shell script, that begin ``ecs.config`` again or join elsewhere."""
    stack = context.stack
    extra, own = stack.fleet.extra_user_data, context.bootstrap
    if stack.fleet.ami == "bottlerocket":
        if own:
            yield from toml_findings(context)
        return
    if not (extra or own):
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
    if own and (shape := shape_of(own)):
        yield undecided(
            RULE,
            EXTRA,
            _(
                "Could not check which cluster instances join: {file} is {shape}, which is not "
                "read here."
            ).format(file=FILE, shape=_(shape)),
            _("write it as a shell script, or check it on an instance"),
        )
        return
    if own and not has_interpreter(own):
        yield error(
            RULE,
            EXTRA,
            _("{file} doesn't start with #!, so cloud-init doesn't run it.").format(file=FILE),
            _("start it with #!/bin/bash"),
        )
        return
    for found in _findings(context, own, extra):
        yield _fixed(context, found, own, extra)


def _findings(context: Context, own: str, extra: str) -> Iterator[Finding]:
    followed_ = _followed(context, own, extra)
    if not followed_.worlds or _TEMPLATE.search(own):
        reason = (
            _("It has more conditions, loops or calls than are followed here.")
            if not followed_.worlds
            else _("{file} has Terraform template expressions other than ${{cluster}}.").format(
                file=FILE
            )
        )
        yield undecided(
            RULE,
            EXTRA,
            _("Could not check what the user data does. {reason}").format(reason=reason),
            _("check /etc/ecs/ecs.config on an instance"),
        )
        return
    yield from config_findings(context, followed_.worlds, followed_.between)
    yield from effect_findings(followed_.worlds)


def _followed(context: Context, own: str, extra: str) -> Followed:
    """Follow both parts; without a file of its own, the stack's settings are there at the start."""
    names = (FILE, _("The extra user data"))
    script = own.replace("${cluster}", context.stack.names.cluster)
    script = script.replace("$${", "${").replace("%%{", "%{")
    options = _SHEBANG_OPTIONS.match(own)
    set_by = frozenset(it for it in (options[1] if options else "") if it in "eu")
    started: Data = () if own else (Chunk(_own_settings(context), FILE),)
    return followed(script, extra, started, names, set_by)


def _line_ends(extra: str, own: str) -> Iterator[Finding]:
    """Judge CR: cloud-init takes them away where the first line ends with one.

    Else the shell sees them (cloud-init, ``dos2unix`` in cloudinit/util.py, which the handler of
    shell scripts calls).
    """
    if own.partition("\n")[0].endswith("\r"):
        yield warning(
            RULE,
            EXTRA,
            _(
                "{file} has Windows line ends. cloud-init removes them only as long as the first "
                "line has one; the shell takes each CR that is left as a part of the command."
            ).format(file=FILE),
            _("convert it: sed -i 's/\\r$//' {file}").format(file=FILE),
        )
        return
    if "\r" in own:
        yield error(
            RULE,
            EXTRA,
            _(
                "{file} has Windows line ends, but not in its first line. The shell takes each CR "
                "as a part of the command."
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


def _own_settings(context: Context) -> str:
    """Return what the stack's own script writes into ``ecs.config``, as far as it matters here."""
    stack = context.stack
    found = f"{CLUSTER}={stack.names.cluster or DEFAULT_CLUSTER}\n"
    if stack.fleet.market == "spot":
        found += "ECS_ENABLE_SPOT_INSTANCE_DRAINING=true\n"
    if stack.task.network_mode == "awsvpc":
        found += "ECS_AWSVPC_BLOCK_IMDS=true\n"
    return found


def _fixed(context: Context, finding: Finding, own: str, extra: str) -> Finding:
    """Add the change that ends a finding, where one of two small ones does."""
    if finding.severity is Severity.UNKNOWN or finding.fix is not None:
        return finding
    for text in (_appending(extra), _WAITS.sub("systemctl --no-block", extra)):
        if text != extra and not list(_findings(context, own, text)):
            fix: Fix = ((EXTRA, text),)
            return replace(finding, fix=fix)
    return finding


def _appending(extra: str) -> str:
    """Return it with ``>`` to the agent's file as ``>>`` and ``tee`` as ``tee -a``."""
    text = _REDIRECT.sub(lambda found: found[0].replace(">|", ">").replace(">", ">>", 1), extra)
    return _TEE.sub(
        lambda found: (
            found[0] if _APPENDS.search(found[1]) else found[0].replace("tee", "tee -a", 1)
        ),
        text,
    )
