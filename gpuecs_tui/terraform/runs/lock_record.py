"""Which locks on the state a run held, by Terraform's own id of each.

A lock whose holder has ended is offered for release only if its holder is known. Only the id
identifies it: the user, machine and time of a colleague's lock may be the same. Terraform prints no
id while it runs, so the id is read from the lock itself while the run's Terraform holds it:

- local state: the lock record next to the state, if that Terraform holds the file lock;
- S3: the lock object, as soon as Terraform has done something that it only does with the lock, and
  while it still runs. The lock is exclusive, so the object is then this Terraform's. Machine,
  operation and time are compared as well, in case the lock was released by force.

Terraform takes the lock, then starts its providers, then sends the first event of a resource.
Starting the AWS provider takes seconds. A Terraform that is killed in those seconds leaves its
lock, so a running provider proves the lock as an event does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gpuecs_tui.terraform.base.atomic_files import now, read_json, replace_json
from gpuecs_tui.terraform.base.liveness import has_descendant_named, host_name
from gpuecs_tui.terraform.base.tflock import StateLock, lock_time
from gpuecs_tui.terraform.runs.journal import RunFiles

_CLOCK = timedelta(seconds=1)
"""Terraform's timestamp may be this much earlier than ours, because it may be in whole seconds."""

_PROVIDER = "terraform-prov"
"""How the name of every provider's process begins; the kernel keeps 15 characters of it
(Terraform's documentation, "Provider Plugin Development": ``terraform-provider-NAME``)."""


def runs_provider(pid: int) -> bool:
    """Tell whether the Terraform ``pid`` has started a provider, so it holds the state lock.

    Plan and apply lock the state before they start a provider (Terraform's
    internal/backend/local/backend_local.go, ``localRun``). False on systems that do not list the
    children of a process.
    """
    return has_descendant_named(pid, _PROVIDER)


def is_lock_of(info: Mapping[str, Any], operation: str, begun: datetime) -> bool:
    """Tell whether a lock can be that of a Terraform of this machine.

    ``info``: ID, Operation, Who and Created as Terraform writes them; ``operation``: ``plan`` or
    ``apply``; ``begun``: when that Terraform was started.
    """
    created = lock_time(str(info.get("Created", "")))
    return (
        bool(info.get("ID"))
        and str(info.get("Operation", "")).lower() == f"operationtype{operation}"
        and str(info.get("Who", "")).rpartition("@")[2] == host_name()
        and created is not None
        and created >= begun - _CLOCK
    )


def is_held_locally_by(lock: StateLock, pid: int, operation: str, begun: datetime) -> bool:
    """Tell whether process ``pid`` holds the lock on a local state.

    If the system does not report the holder of a file lock, the lock record is compared instead.
    """
    if lock.holder_pid is not None:
        return lock.holder_pid == pid
    created = lock.created.isoformat() if lock.created else ""
    info = {"ID": lock.id, "Operation": lock.operation, "Who": lock.who, "Created": created}
    return is_lock_of(info, operation, begun)


def record_lock(files: RunFiles, lock_id: str) -> None:
    """Write that the run held this lock. Raises OSError."""
    ids = sorted({*recorded_locks(files), lock_id})
    replace_json(files.locks, {"ids": ids, "at": now()})


def recorded_locks(files: RunFiles) -> frozenset[str]:
    """Return the ids of the locks that the run held, as far as they were seen."""
    ids = (read_json(files.locks) or {}).get("ids")
    return frozenset(it for it in (ids if isinstance(ids, list) else ()) if isinstance(it, str))
