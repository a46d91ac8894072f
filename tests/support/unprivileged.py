"""A thread to which file permissions apply even if root runs the tests (as in containers)."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION_3 = 0x20080522
"""Version of the kernel's capget and capset: each set has 64 bits in two halves."""
_OVERRIDES = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, with which root ignores permissions."""


@contextmanager
def unprivileged() -> Iterator[None]:
    """Let file permissions apply to the calling thread inside the block, also for root."""
    if os.geteuid() != 0:
        yield
        return
    library = ctypes.CDLL(None, use_errno=True)
    header = ctypes.create_string_buffer(struct.pack("Ii", _VERSION_3, 0), 8)
    data = ctypes.create_string_buffer(24)
    assert library.capget(header, data) == 0, os.strerror(ctypes.get_errno())
    before = data.raw
    effective, *rest = struct.unpack("6I", before)
    _set(library, header, struct.pack("6I", effective & ~_OVERRIDES, *rest))
    try:
        yield
    finally:
        _set(library, header, before)


def _set(library: ctypes.CDLL, header: object, data: bytes) -> None:
    assert library.capset(header, ctypes.create_string_buffer(data, 24)) == 0, os.strerror(
        ctypes.get_errno()
    )
