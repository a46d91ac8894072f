"""The pace of the demo account in tests."""

from __future__ import annotations

DEMO_PACE = "0.1"
"""The waits of the demo account (boot, health checks) take a tenth of their time."""
