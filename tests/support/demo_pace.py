"""How fast the demo account of the tests plays its waits."""

from __future__ import annotations

DEMO_PACE = "0.1"
"""The demo account plays its waits (boot, health checks) at a tenth of their length."""
