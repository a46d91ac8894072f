"""Limits for tests of what fails at the first try."""

from __future__ import annotations

IMPATIENT = {"READ_SECONDS": 3, "CONNECT_SECONDS": 3, "ATTEMPTS": 1}
"""Named limits of the session, for tests of what fails at the first try."""
