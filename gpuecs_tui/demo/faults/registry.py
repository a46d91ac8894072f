"""The faults of the demo account: context managers that apply a fault and undo it on exit.

They change the objects from which moto responds, so that boto3 and Terraform see the same account.
``Faults`` is called while the application's lock is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack

from gpuecs_tui.demo import fault_names, service_faults, timings
from gpuecs_tui.demo.faults import access, compute, network, service
from gpuecs_tui.demo.faults.calls import CallFaults
from gpuecs_tui.demo.plays import active

Hold = Callable[[str], AbstractContextManager[None]]
"""Takes a fault's operand (empty if it has none)."""

HOLDS: Mapping[str, Hold] = {
    **compute.HOLDS,
    **network.HOLDS,
    **access.HOLDS,
    **service.HOLDS,
}
"""Name in fault_names.FAULTS → its context manager. ``Faults`` itself handles faults of calls, and
``plays`` those of a running service."""


class Faults:
    """The active faults of the account.

    Those of ``--demo-fault`` are set by each command that uses the account. Those of ``demo fault``
    last until they are cleared.
    """

    def __init__(self) -> None:
        self.calls = CallFaults()
        self.active: tuple[str, ...] = ()
        """Every fault that is on, in order."""
        self.lasting: tuple[str, ...] = ()
        """Those of ``demo fault``."""
        self.waiting: tuple[tuple[str, float], ...] = ()
        """Faults that start later, each with its time on the account's clock."""
        self._commanded: tuple[str, ...] = ()
        self._held = ExitStack()

    def set(self, words: Iterable[str]) -> None:
        """Set the faults of ``--demo-fault`` to exactly ``words``.

        Raises fault_names.UnknownFault.
        """
        self._commanded = fault_names.told(words)
        self._apply()

    def keep(self, words: Iterable[str], seconds: float = 0.0) -> None:
        """Start further faults that last, ``seconds`` from now. Raises fault_names.UnknownFault."""
        wanted = fault_names.told(words)
        if seconds > 0:
            due = timings.now() + seconds
            self.waiting += tuple((word, due) for word in wanted)
        else:
            self.lasting = tuple(dict.fromkeys((*self.lasting, *wanted)))
            self._apply()

    def clear(self, words: Iterable[str]) -> None:
        """End the faults ``words``; every fault if there are none. Waiting ones don't start."""
        gone = set(fault_names.told(words)) or {*self.active, *(it for it, _due in self.waiting)}
        self.lasting = tuple(it for it in self.lasting if it not in gone)
        self._commanded = tuple(it for it in self._commanded if it not in gone)
        self.waiting = tuple(it for it in self.waiting if it[0] not in gone)
        self._apply()

    def start_due(self) -> None:
        """Start the faults whose time has come."""
        due = [word for word, at in self.waiting if at <= timings.now()]
        if due:
            self.waiting = tuple(it for it in self.waiting if it[0] not in due)
            self.keep(due)

    def _apply(self) -> None:
        wanted = tuple(dict.fromkeys((*self._commanded, *self.lasting)))
        if wanted == self.active:
            return
        before, self.active = self.active, wanted
        played = [it for it in wanted if _is_played(it)]
        for word in before:
            if _is_played(word) and word not in played:
                active.turn_off(word)
        for word in played:
            fault, operand = fault_names.take_apart(word)
            active.turn_on(word, fault.name, operand)
        if [it for it in before if not _is_played(it)] != [it for it in wanted if it not in played]:
            self._hold([it for it in wanted if it not in played])

    def _hold(self, words: Iterable[str]) -> None:
        # All of them again: a fault that patches what another one patched must be undone first.
        self.calls.lifted.set()
        self._held.close()
        self.calls = CallFaults()
        with ExitStack() as held:
            for word in words:
                fault, operand = fault_names.take_apart(word)
                if fault.name in HOLDS:
                    held.enter_context(HOLDS[fault.name](operand))
                else:
                    self._of_calls(fault.name, operand)
            self._held = held.pop_all()

    def _of_calls(self, name: str, operand: str) -> None:
        if name == "slow":
            self.calls.delay = int(operand) / 1000
        elif name == "hanging":
            self.calls.hanging.append(operand)
        else:
            self.calls.refused[name].append(operand)


def _is_played(word: str) -> bool:
    return word.partition(":")[0] in service_faults.NAMES
