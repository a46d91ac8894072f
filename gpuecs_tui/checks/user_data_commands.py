"""Commands of user data that stop the instance or the ECS agent, or that can't be judged.

``ecs.service`` starts only after user data has ended (``After=cloud-final.service`` in
https://github.com/aws/amazon-ecs-agent/blob/master/ecs-init/packaging), so a stop in user data
cancels the start of this boot. User data runs once in an instance's life.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gpuecs_tui.checks.finding import Finding, error, undecided, warning
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.shell_commands import Command, commands

RULE = "user-data"
EXTRA = "fleet.extra_user_data"
FILE = "user_data.sh"
COMMAND_MAX = 60
"""Characters of a command that a message shows."""
CONFIG = r"[\"']?(?:/etc/ecs/)?ecs\.config[\"']?(?![\w.-])"
"""``/etc/ecs/ecs.config`` as an argument; a regular expression."""
STOPS, MASKS, DISABLES, ENDS, REBOOTS = "stops", "masks", "disables", "ends", "reboots"
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

_SPLIT = re.compile(
    r"(?P<text>'[^']*'|\"(?:[^\"\\$`]|\\.|\$(?!\())*\")|(?P<comment>(?:^|(?<=\s))\#.*)"
    r"|\|\||&&|(?<!>)\||;|(?<![>&])&(?![>&\d])|\$\(|`|[<>]\("
)
"""Texts in quotes are left whole, unless a command is run in them."""
_PREFIX = re.compile(
    r"^(?:[\s({!)]|(?:if|then|else|elif|do|while|until|time|exec|nohup|command|builtin)\b(?=\s)"
    r"|(?:sudo|env)\b(?:\s+-\S+)*(?=\s)|[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|\S*)(?=\s))+"
)
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
_CANCELS = re.compile(r"\s-(?:c\b|-cancel\b|-help\b|k\b)")
_RESTARTS = re.compile(r"\s-(?:r\b|-reboot\b)")
_ECS_UNIT = re.compile(r"(?:amazon-)?ecs(?:\.service)?")
_DOCKER_UNIT = re.compile(r"docker(?:\.service)?")
_HARMLESS = frozenset(
    {"status", "is-active", "is-enabled", "is-failed", "show", "cat", "enable", "unmask", "start",
     "restart", "reload-or-restart", "try-restart", "reset-failed", "list-units", "reenable"}
)  # fmt: skip
"""Verbs of systemctl after which the agent starts; a wait for its start has its own finding."""
_READERS = frozenset(
    {"cat", "echo", "printf", "grep", "egrep", "fgrep", "ls", "stat", "head", "tail", "wc", "test",
     "[", "[[", "logger", "md5sum", "sha256sum", "diff", "cmp", "file", "source", ".", "touch",
     "chown", "restorecon", "sync", "for", "case", "less", "more", "cut", "sort", "true", ":",
     "journalctl"}
)  # fmt: skip
"""Commands that don't change a file that is their argument, or change only its owner or times."""
_CHANGES = re.compile(
    rf"(?:[12&]?>>?\|?\s*{CONFIG})|\btee\b(?:\s+-\S+)*\s+{CONFIG}"
    rf"|^(?:\S*/)?(?:rm|truncate|unlink|shred|cp|mv|install|ln|curl|wget|dd|aws)\s"
)
"""What the rule follows itself: see user_data.py."""
_MODE = re.compile(r"(?:\S*/)?chmod\s+(?:-\S+\s+)*(?:[ugoa]*\+\w+|0?[4-7][0-7]{2})\s")


@dataclass(frozen=True, slots=True)
class Effect:
    """What one command of a script does to the instance or its agent."""

    kind: str
    """A key of EFFECTS, or UNJUDGED: the command names the agent or its file."""
    text: str
    """The command."""


def effect_findings(own: str, extra: str) -> Iterator[Finding]:
    """Tell what stops the agent or the instance, and what names the agent and isn't understood."""
    for text, where in ((own, FILE), (extra, _("The extra user data"))):
        told: set[str] = set()
        for effect in effects(text):
            if effect.kind in told:
                continue
            told.add(effect.kind)
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
    for command in commands(script):
        for part in parts_of(command.text):
            kind = _kind(part)
            if kind in (STOPS, MASKS, DISABLES):
                service.append(Effect(kind, part))
            elif kind in (ENDS, REBOOTS):
                yield Effect(kind, part)
            elif kind == "starts":
                service = [it for it in service if it.kind == MASKS]
            elif kind == "unmasks":
                service = [it for it in service if it.kind != MASKS]
            elif kind == "enables":
                service = [it for it in service if it.kind != DISABLES]
            elif kind == UNJUDGED:
                yield Effect(kind, part)
        if _names_in_body(command):
            yield Effect(UNJUDGED, command.text)
    order = (MASKS, STOPS, DISABLES)
    yield from sorted(service, key=lambda it: order.index(it.kind))[:1]


def parts_of(line: str) -> Iterator[str]:
    """Yield the simple commands of a line, without keywords and ``sudo`` before them."""
    pieces, start = [], 0
    for found in _SPLIT.finditer(line):
        if found["text"] is None:
            pieces.append(line[start : found.start()])
            start = found.end()
    for piece in (*pieces, line[start:]):
        bare = _PREFIX.sub("", f" {piece}").strip()
        if bare and not bare.startswith("#"):
            yield bare.rstrip(")}").rstrip()


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
    if not re.search(CONFIG, part) or _ASSIGNS.match(part) or _CHANGES.search(part):
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
        return "unmasks"
    if verb in ("enable", "reenable"):
        return "starts" if is_now else "enables"
    if verb in ("start", "restart", "reload-or-restart"):
        return "starts"
    return "" if verb in _HARMLESS else UNJUDGED


def _first(part: str) -> str:
    return part.split(None, 1)[0].rpartition("/")[2] or part.split(None, 1)[0]


def _is_known_sed(part: str) -> bool:
    """Tell whether it is a ``sed`` that changes nothing, or one that ``sed_edit`` understands."""
    if _first(part) != "sed":
        return False
    return not re.search(r"\s(?:-[a-zA-Z]*i|--in-place)", part) or sed_edit(part) is not None


def _names_in_body(command: Command) -> bool:
    """Tell whether a here-document names the agent's file or service and goes elsewhere."""
    lines = [it for it in command.body.split("\n") if not it.lstrip().startswith("#")]
    body = "\n".join(lines)
    if re.search(rf"(?:>>?\|?|\btee\b[^|;&]*)\s*{CONFIG}", command.text):
        return False
    return bool(re.search(CONFIG, body) or _AGENT.search(body))


@dataclass(frozen=True, slots=True)
class SedEdit:
    """What one ``sed -i`` does to each line of the agent's file."""

    pattern: re.Pattern[str]
    replacement: str | None
    """None: lines with a match are deleted."""

    def applied(self, line: str) -> str | None:
        """Return what becomes of a line; None where it is deleted."""
        if self.replacement is None:
            return None if self.pattern.search(line) else line
        replacement = self.replacement
        return self.pattern.sub(lambda _found: replacement, line, count=1)


_SED = re.compile(
    r"sed\s+(?:-\S+\s+)*(?P<quote>['\"]?)(?:/(?P<delete>[^/\n]+)/d"
    r"|s(?P<mark>[/|#,])(?P<old>[^\n]+?)(?P=mark)(?P<new>[^\n]*?)(?P=mark)g?)(?P=quote)"
    rf"(?:\s+-\S+)*\s+{CONFIG}"
)
_PLAIN = re.compile(r"[\^]?[\w=:/ .*-]+\$?")
"""Patterns that mean the same to ``sed`` and to Python."""


def sed_edit(part: str) -> SedEdit | None:
    """Return what a ``sed -i`` on the agent's file does; None where it isn't understood."""
    found = _SED.match(part)
    if found is None:
        return None
    pattern = found["delete"] or found["old"]
    if not _PLAIN.fullmatch(pattern) or pattern.startswith("*"):
        return None
    if found["delete"] is None and re.search(r"[\\&$`]", found["new"]):
        return None
    return SedEdit(re.compile(pattern), None if found["delete"] else found["new"])
