"""The faults of the demo account: context managers that apply a fault and undo it on exit.

They change the objects from which moto responds, so that boto3 and Terraform see the same account.
``Faults`` is called while the application's lock is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack

from gpuecs_tui.demo import fault_names
from gpuecs_tui.demo.faults import access, compute, network, service
from gpuecs_tui.demo.faults.calls import CallFaults

Hold = Callable[[str], AbstractContextManager[None]]
"""Takes a fault's operand (empty if it has none)."""

HOLDS: Mapping[str, Hold] = {
    **compute.HOLDS,
    **network.HOLDS,
    **access.HOLDS,
    **service.HOLDS,
}
"""Name in fault_names.FAULTS → its context manager; ``Faults`` itself handles faults of calls."""


class Faults:
    """The active faults of the account."""

    def __init__(self) -> None:
        self.calls = CallFaults()
        self.active: tuple[str, ...] = ()
        self._held = ExitStack()

    def set(self, words: Iterable[str]) -> None:
        """Set the active faults to exactly ``words``. Raises fault_names.UnknownFault."""
        wanted = fault_names.told(words)
        self.calls.lifted.set()
        self._held.close()
        self.active = ()
        self.calls = CallFaults()
        with ExitStack() as held:
            for word in wanted:
                fault, operand = fault_names.take_apart(word)
                if fault.name in HOLDS:
                    held.enter_context(HOLDS[fault.name](operand))
                else:
                    self._of_calls(fault.name, operand)
            self._held = held.pop_all()
        self.active = wanted

    def _of_calls(self, name: str, operand: str) -> None:
        if name == "slow":
            self.calls.delay = int(operand) / 1000
        elif name == "hanging":
            self.calls.hanging.append(operand)
        else:
            self.calls.refused[name].append(operand)
