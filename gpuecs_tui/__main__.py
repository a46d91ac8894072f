"""``python -m gpuecs_tui`` is ``gpuecs-tui``."""

from __future__ import annotations

import sys

from gpuecs_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
