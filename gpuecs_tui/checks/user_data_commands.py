"""Commands of user data that stop the instance or the ECS agent, or that can't be judged.

``ecs.service`` starts only after user data has ended (``After=cloud-final.service`` in
https://github.com/aws/amazon-ecs-agent/blob/master/ecs-init/packaging), so a stop in user data
cancels the start of this boot. User data runs once in an instance's life.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gpuecs_tui.checks.finding import Finding, error, undecided, warning
from gpuecs_tui.checks.user_data_script import (
    CONFIG,
    Statement,
    is_followed,
    parts_of,
    statements,
    writes,
)
from gpuecs_tui.i18n import N_, _

RULE = "user-data"
EXTRA = "fleet.extra_user_data"
FILE = "user_data.sh"
COMMAND_MAX = 60
"""Characters of a command that a message shows."""
STOPS, MASKS, DISABLES, ENDS, REBOOTS = "stops", "masks", "disables", "ends", "reboots"
STARTS, UNMASKS, ENABLES = "starts", "unmasks", "enables"
"""Commands that take back STOPS, MASKS and DISABLES."""
UNJUDGED = "unjudged"
EFFECTS: Mapping[str, str] = {
    STOPS: N_("It keeps the ECS agent from starting, so instances join no cluster."),
    MASKS: N_("The ECS agent can't start, so instances join no cluster."),
    DISABLES: N_("The ECS agent doesn't start again after a reboot of the instance."),
    ENDS: N_(
        "It shuts the instance down. The Auto Scaling group replaces the instance, and each next "
        "one does the same."
    ),
    REBOOTS: N_(
        "It reboots the instance before the ECS agent has started. Commands after it may not run, "
        "and user data doesn't run again."
    ),
}
"""What a command does → its consequence, a sentence, untranslated."""

_ASSIGNS = re.compile(r"(?:(?:export|readonly|local|declare)\s+)?[A-Za-z_]\w*=\S*$")
_AGENT = re.compile(
    r"\becs\.service\b|\becs-init\b|\becs-agent\b|\bamazon-ecs-(?:init|agent)\b"
    r"|\b(?:systemctl|service|initctl|chkconfig|stop|start|restart|pkill|killall)\s"
    r"(?:[^\n]*\s)?[\"']?ecs[\"']?(?=\s|$)"
)
_WRITES_UNIT = re.compile(r">\|?\s*[^\s|;&]*\becs\.service\b")
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
_ECS_UNIT = re.compile(r"(?:amazon-)?ecs(?:\.service)?")
_DOCKER_UNIT = re.compile(r"docker(?:\.service)?")
_HARMLESS = frozenset(
    {"status", "is-active", "is-enabled", "is-failed", "show", "cat", "try-restart",
     "reset-failed", "list-units"}
)  # fmt: skip
"""Verbs of systemctl that neither start the agent nor keep it from starting."""
_READERS = frozenset(
    {"cat", "echo", "printf", "grep", "egrep", "fgrep", "ls", "stat", "head", "tail", "wc", "test",
     "[", "[[", "logger", "md5sum", "sha256sum", "diff", "cmp", "file", "source", ".", "touch",
     "chown", "restorecon", "sync", "for", "case", "less", "more", "cut", "sort", "true", ":",
     "journalctl", "cp", "install", "ln", "rsync", "curl", "wget", "dd", "aws"}
)  # fmt: skip
"""Commands that don't change a file that they read, or change only its owner or times."""
_MODE = re.compile(r"(?:\S*/)?chmod\s+(?:-\S+\s+)*(?:[ugoa]*\+\w+|0?[4-7][0-7]{2})\s")


@dataclass(frozen=True, slots=True)
class Effect:
    """What one command of a script does to the instance or its agent."""

    kind: str
    """A key of EFFECTS, or UNJUDGED: the command names the agent or its file."""
    text: str
    """The command."""
    is_certain: bool = True
    """It runs in each run of the script, and at once."""


def effect_findings(own: str, extra: str) -> Iterator[Finding]:
    """Tell what stops the agent or the instance, and what names the agent and isn't understood."""
    for text, where in ((own, FILE), (extra, _("The extra user data"))):
        named: set[tuple[str, bool]] = set()
        for effect in effects(text):
            if (effect.kind, effect.is_certain) in named:
                continue
            named.add((effect.kind, effect.is_certain))
            command = short(effect.text)
            if effect.kind == UNJUDGED:
                yield undecided(
                    RULE,
                    EXTRA,
                    _(
                        "Could not check what {where} does to the ECS agent: {command} is not "
                        "understood here."
                    ).format(where=where, command=command),
                    _("append settings with >> /etc/ecs/ecs.config instead"),
                )
                continue
            if not effect.is_certain:
                yield undecided(
                    RULE,
                    EXTRA,
                    _(
                        "{where}: could not check whether or when {command} runs. Its effect, if "
                        "it runs: {effect}"
                    ).format(where=where, command=command, effect=_(EFFECTS[effect.kind])),
                    _("remove the command"),
                )
                continue
            make = warning if effect.kind in (DISABLES, REBOOTS) else error
            yield make(
                RULE,
                EXTRA,
                _("{where} has the command {command}. {effect}").format(
                    where=where, command=command, effect=_(EFFECTS[effect.kind])
                ),
                _("remove the command"),
            )


def short(command: str) -> str:
    """Return a command on one line, cut where it would fill the screen."""
    text = " ".join(command.split())
    return text if len(text) <= COMMAND_MAX else text[: COMMAND_MAX - 1] + "…"


def effects(script: str) -> Iterator[Effect]:
    """Yield what commands of ``script`` do to the agent; the last word on its service counts."""
    service: list[Effect] = []
    undone = {STARTS: (STOPS, DISABLES), UNMASKS: (MASKS,), ENABLES: (DISABLES,)}
    for statement in statements(script):
        # A condition inside $( ) is one, too.
        is_certain = statement.is_certain and not re.search(r"&&|\|\|", statement.text)
        for part in parts_of(statement.text):
            kind = _kind(part)
            if kind in (STOPS, MASKS, DISABLES):
                service.append(Effect(kind, part, is_certain))
            elif kind in (ENDS, REBOOTS):
                yield Effect(kind, part, is_certain and not _is_delayed(part))
            elif kind in undone:
                service = [
                    replace(it, is_certain=False) if it.kind in undone[kind] else it
                    for it in service
                    if not is_certain or it.kind not in undone[kind]
                ]
            elif kind == UNJUDGED:
                yield Effect(kind, part)
        if _names_in_body(statement):
            yield Effect(UNJUDGED, statement.text)
    order = (MASKS, STOPS, DISABLES)
    yield from sorted(service, key=lambda it: (not it.is_certain, order.index(it.kind)))[:1]


def _is_delayed(part: str) -> bool:
    """Tell whether a ``shutdown`` has another time than now; without a time it waits a minute."""
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
    if _AGENT.search(part) and (_first(part) not in _READERS or _WRITES_UNIT.search(part)):
        return UNJUDGED
    if not re.search(CONFIG, part) or _ASSIGNS.match(part) or is_followed(part):
        return ""
    is_known = _first(part) in _READERS or _MODE.match(part) or _is_known_sed(part)
    return "" if is_known else UNJUDGED


def _of_systemctl(words: list[str]) -> str:
    names = [word.strip("\"'") for word in words if not word.startswith("-")]
    verb, units = (names[0], names[1:]) if names else ("", [])
    if verb in ("poweroff", "halt"):
        return ENDS
    if verb in ("reboot", "kexec", "soft-reboot"):
        return REBOOTS
    if verb == "mask" and any(_DOCKER_UNIT.fullmatch(it) for it in units):
        return MASKS
    if not any(_ECS_UNIT.fullmatch(it) for it in units):
        return ""
    return _of_verb(verb, is_now="--now" in words)


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
    return "" if verb in _HARMLESS else UNJUDGED


def _first(part: str) -> str:
    return part.split(None, 1)[0].rpartition("/")[2] or part.split(None, 1)[0]


def _is_known_sed(part: str) -> bool:
    """Tell whether it is a ``sed`` that changes nothing, or one that ``sed_edit`` understands."""
    if _first(part) != "sed":
        return False
    return not _IN_PLACE.search(part) or sed_edit(part) is not None


def _names_in_body(statement: Statement) -> bool:
    """Tell whether a here-document names the agent's file or service and goes elsewhere."""
    lines = [it for it in statement.body.split("\n") if not it.lstrip().startswith("#")]
    body = "\n".join(lines)
    if writes(statement.text):
        return False
    return bool(re.search(CONFIG, body) or _AGENT.search(body))


@dataclass(frozen=True, slots=True)
class SedEdit:
    """What one ``sed -i`` does to each line of the agent's file."""

    pattern: re.Pattern[str]
    replacement: str | None
    """None: lines with a match are deleted."""
    count: int = 1
    """Matches of a line that are replaced; 0: all, as with the flag g."""

    def applied(self, line: str) -> str | None:
        """Return what becomes of a line; None where it is deleted."""
        if self.replacement is None:
            return None if self.pattern.search(line) else line
        replacement = self.replacement
        return self.pattern.sub(lambda _found: replacement, line, count=self.count)


_SED = re.compile(
    r"sed\s+(?:-\S+\s+)*(?P<quote>['\"]?)(?:/(?P<delete>[^/\n]+)/d"
    r"|s(?P<mark>[/|#,])(?P<old>[^\n]+?)(?P=mark)(?P<new>[^\n]*?)(?P=mark)(?P<all>g?))(?P=quote)"
    rf"(?:\s+-\S+)*\s+{CONFIG}"
)
_IN_PLACE = re.compile(r"\s(?:-[nrEsuz]*i|--in-place)")
_QUIET = re.compile(r"\s(?:-[rEsuz]*n|--quiet|--silent)")
"""Only printed lines are left in the file."""
_PLAIN = re.compile(r"[\^]?[\w=:/ .*-]+\$?")
"""Patterns that mean the same to ``sed`` and to Python."""


def sed_edit(part: str) -> SedEdit | None:
    """Return what a ``sed -i`` on the agent's file does; None where it isn't understood."""
    found = _SED.match(part)
    if found is None or not _IN_PLACE.search(part) or _QUIET.search(part):
        return None
    pattern = found["delete"] or found["old"]
    if not _PLAIN.fullmatch(pattern) or pattern.startswith("*"):
        return None
    if found["delete"] is None and re.search(r"[\\&$`]", found["new"]):
        return None
    count = 0 if found["all"] else 1
    return SedEdit(re.compile(pattern), None if found["delete"] else found["new"], count)
