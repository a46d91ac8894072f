"""Where the repository of these tests is."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
