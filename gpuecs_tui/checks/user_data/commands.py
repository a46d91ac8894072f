"""Commands of user data that stop the instance or the ECS agent, or that are not recognized.

``ecs.service`` starts only after user data has ended (``After=cloud-final.service`` in
https://github.com/aws/amazon-ecs-agent/blob/master/ecs-init/packaging), so a stop in user data
cancels the start of this boot. User data runs once in an instance's life.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from gpuecs_tui.checks.finding import Finding, error, undecided, warning
from gpuecs_tui.checks.user_data.shell.world import ENDLESS, Effect, World, shown
from gpuecs_tui.i18n import N_, _

RULE = "user-data"
EXTRA = "fleet.extra_user_data"
FILE = "user_data.sh"
COMMAND_MAX = 60
"""Maximum characters of a command in a message."""
STOPS, MASKS, DISABLES, ENDS, REBOOTS = "stops", "masks", "disables", "ends", "reboots"
STARTS, UNMASKS, ENABLES = "starts", "unmasks", "enables"
"""Commands that undo STOPS, MASKS and DISABLES."""
WAITS = "waits"
UNJUDGED = "unjudged"
HARMLESS = "harmless"
_UNDONE = {STARTS: (STOPS, DISABLES), UNMASKS: (MASKS,), ENABLES: (DISABLES,)}
_SERVICE_ORDER = (MASKS, STOPS, DISABLES)
EFFECTS: Mapping[str, str] = {
    STOPS: N_("It prevents the ECS agent from starting, so instances join no cluster."),
    MASKS: N_("The ECS agent can't start, so instances join no cluster."),
    DISABLES: N_("The ECS agent doesn't start again after a reboot of the instance."),
    ENDS: N_(
        "It shuts the instance down. The Auto Scaling group replaces the instance, and every new "
        "one shuts down too."
    ),
    REBOOTS: N_(
        "It reboots the instance before the ECS agent has started. Later commands may not run, and "
        "user data doesn't run again."
    ),
    ENDLESS: N_(
        "It never ends. The ECS agent's service starts only after user data has ended, so "
        "instances join no cluster."
    ),
    WAITS: N_(
        "It waits for the ECS agent. The agent's service starts only after user data has ended, so "
        "each waits for the other."
    ),
}
"""Kind of command → the sentence about its effect, untranslated."""

AGENT = re.compile(
    r"\becs\.service\b|\becs-init\b|\becs-agent\b|\bamazon-ecs-(?:init|agent)\b"
    r"|\b(?:systemctl|service|initctl|chkconfig|stop|start|restart|pkill|killall)\s"
    r"(?:[^\n]*\s)?[\"']?ecs[\"']?(?=\s|$)"
)
_SYSTEMCTL = re.compile(r"(?:\S*/)?systemctl\s+(?P<words>.*)", re.DOTALL)
_SERVICE = re.compile(r"(?:\S*/)?service\s+ecs(?:\.service)?\s+(?P<verb>[\w-]+)")
_POWER = re.compile(
    r"(?:\S*/)?(?:(?P<off>poweroff|halt)|(?P<again>reboot)|shutdown|(?:tel)?init\s+(?P<level>[06]))"
    r"(?=\s|$)(?P<rest>.*)",
    re.DOTALL,
)
_SHUTDOWN = re.compile(r"(?:\S*/)?shutdown(?=\s|$)")
_NOW = re.compile(r"\s(?:now|\+?0)(?=\s|$)")
_CANCELS = re.compile(r"\s-(?:c\b|-cancel\b|-help\b|k\b)")
_RESTARTS = re.compile(r"\s-(?:r\b|-reboot\b)")
_HARMLESS = frozenset(
    {"status", "is-active", "is-enabled", "is-failed", "show", "cat", "try-restart",
     "reset-failed", "list-units"}
)  # fmt: skip
"""Verbs of systemctl that neither start the agent nor prevent its start."""
READERS = frozenset(
    {"cat", "echo", "printf", "grep", "egrep", "fgrep", "ls", "stat", "head", "tail", "wc", "test",
     "[", "[[", "logger", "md5sum", "sha256sum", "diff", "cmp", "file", "source", ".", "touch",
     "chown", "restorecon", "sync", "for", "case", "less", "more", "cut", "sort", "true", ":",
     "journalctl", "cp", "install", "ln", "rsync", "curl", "wget", "dd", "aws"}
)  # fmt: skip
"""Commands that don't change a file that they read, or change only its owner or times."""
_MODE = re.compile(r"(?:\S*/)?chmod\s+(?:-\S+\s+)*(?:[ugoa]*\+\w+|0?[4-7][0-7]{2})\s")


def effect_findings(worlds: Sequence[World]) -> Iterator[Finding]:
    """Report commands that stop the agent or the instance, and unrecognized agent commands."""
    kinds = (ENDLESS, ENDS, REBOOTS, UNJUDGED)
    seen = dict.fromkeys(it for world in worlds for it in world.events)
    found = [it for it in seen if it.kind in kinds]
    service = sorted(
        (it for it in seen if it.kind in _SERVICE_ORDER),
        key=lambda it: (not _is_certain(it, worlds), _SERVICE_ORDER.index(it.kind)),
    )
    named: set[tuple[str, str, bool]] = set()
    for event in (*found, *service[:1], *[it for it in seen if it.kind == WAITS]):
        is_certain = _is_certain(event, worlds)
        if (key := (event.kind, event.where, is_certain)) not in named:
            named.add(key)
            yield _finding(event, is_certain=is_certain)


def _is_certain(event: Effect, worlds: Sequence[World]) -> bool:
    return event.is_certain and all(event in it.events for it in worlds)


def _finding(event: Effect, *, is_certain: bool) -> Finding:
    command = short(event.text)
    if event.kind == UNJUDGED:
        return undecided(
            RULE,
            EXTRA,
            _(
                "{where}: could not check what {command} does to the ECS agent. gpuecs-tui doesn't "
                "recognize this command."
            ).format(where=event.where, command=command),
            _("append settings with >> /etc/ecs/ecs.config instead"),
        )
    remedy = _("remove the command")
    if event.kind == WAITS:
        remedy = _(
            "use systemctl --no-block, or remove the command: the agent starts automatically"
        )
    if not is_certain:
        return undecided(
            RULE,
            EXTRA,
            _(
                "{where}: could not check whether or when {command} runs. If it runs: {effect}"
            ).format(where=event.where, command=command, effect=_(EFFECTS[event.kind])),
            remedy,
        )
    make = warning if event.kind in (DISABLES, REBOOTS) else error
    return make(
        RULE,
        EXTRA,
        _("{where} contains the command {command}. {effect}").format(
            where=event.where, command=command, effect=_(EFFECTS[event.kind])
        ),
        remedy,
    )


def short(command: str) -> str:
    """Return a command on one line, cut at COMMAND_MAX characters."""
    text = " ".join(command.split())
    return text if len(text) <= COMMAND_MAX else text[: COMMAND_MAX - 1] + "…"


def after_command(
    world: World, line: str, event: Effect, *, is_background: bool
) -> tuple[World, bool]:
    """Return a course after a command ``line``, and whether the command was recognized.

    ``event`` says where the command is. The last command for the agent's service decides.
    """
    kind = _kind(shown(line))
    if kind == UNJUDGED:
        return world.after(replace(event, kind=UNJUDGED)), True
    if kind in _UNDONE:
        events = tuple(it for it in world.events if it.kind not in _UNDONE[kind])
        world = replace(world, events=events)
        waits = kind == STARTS and "--no-block" not in line and not is_background
        return (world.after(replace(event, kind=WAITS)) if waits else world), True
    if kind in ("", HARMLESS):
        return world, kind == HARMLESS
    return world.after(replace(event, kind=kind, is_certain=not _is_delayed(line))), True


def changes_mode(line: str) -> bool:
    """Return whether ``line`` is a ``chmod`` after which the agent can still read its file."""
    return _MODE.match(shown(line)) is not None


def _is_delayed(part: str) -> bool:
    """Return whether a ``shutdown`` is delayed; without a time, it waits one minute."""
    found = _POWER.match(part)
    return bool(found and _SHUTDOWN.match(part) and not _NOW.search(found["rest"]))


def _kind(part: str) -> str:
    if found := _SYSTEMCTL.match(part):
        return _of_systemctl(found["words"].split())
    if found := _SERVICE.match(part):
        return _of_verb(found["verb"], is_now=True)
    if found := _POWER.match(part):
        rest = found["rest"]
        if _CANCELS.search(rest):
            return ""
        again = found["again"] or found["level"] == "6" or _RESTARTS.search(rest)
        return REBOOTS if again and not re.search(r"\s-p\b|--poweroff", rest) else ENDS
    return UNJUDGED if AGENT.search(part) and _first(part) not in READERS else ""


def _of_systemctl(words: list[str]) -> str:
    names = [word.strip("\"'") for word in words if not word.startswith("-")]
    verb, units = (names[0], names[1:]) if names else ("", [])
    if verb in ("poweroff", "halt"):
        return ENDS
    if verb in ("reboot", "kexec", "soft-reboot"):
        return REBOOTS
    if verb == "mask" and any(_is_unit("docker", it) for it in units):
        return MASKS
    if not any(_is_unit("ecs", it) or _is_unit("amazon-ecs", it) for it in units):
        is_open = any("$" in it or "`" in it for it in units)
        return UNJUDGED if is_open and verb in ("stop", "mask", "disable") else ""
    return _of_verb(verb, is_now="--now" in words)


def _is_unit(name: str, pattern: str) -> bool:
    """Return whether ``pattern`` of ``systemctl`` matches the service ``name``."""
    unit = f"{name}.service"
    return fnmatchcase(unit, pattern) or fnmatchcase(unit, f"{pattern}.service")


def _of_verb(verb: str, *, is_now: bool) -> str:
    if verb in ("stop", "kill") or (verb == "disable" and is_now):
        return STOPS
    if verb in ("mask", "disable"):
        return MASKS if verb == "mask" else DISABLES
    if verb == "unmask":
        return UNMASKS
    if verb in ("enable", "reenable"):
        return STARTS if is_now else ENABLES
    if verb in ("start", "restart", "reload-or-restart"):
        return STARTS
    return HARMLESS if verb in _HARMLESS else UNJUDGED


def _first(part: str) -> str:
    return part.split(None, 1)[0].rpartition("/")[2] or part.split(None, 1)[0]
