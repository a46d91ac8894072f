"""``make bench``: every benchmark's table, each measured against a peer or a limit in one run.

``python -m tests.benchmarks NAME …`` runs only the named benchmarks.
"""

from __future__ import annotations

import compileall
import pkgutil
import sys
from importlib import import_module

import gpuecs_tui
import tests.benchmarks
from gpuecs_tui import screens, templates
from tests.benchmarks.rows import table


def main(names: list[str]) -> int:
    """Run the modules of this package that have a ``measure``; exit 1 if a limit is exceeded."""
    # Installers compile the modules, as was done for the peers; an edited tree would be compiled at
    # every start.
    for package in (gpuecs_tui, screens, templates):
        compileall.compile_dir(package.__path__[0], quiet=1)
    missed = False
    for module in sorted(pkgutil.iter_modules(tests.benchmarks.__path__), key=lambda it: it.name):
        if module.name.startswith("_") or (names and module.name not in names):
            continue
        measure = getattr(import_module(f"tests.benchmarks.{module.name}"), "measure", None)
        if measure is None:
            continue
        rows = measure()
        print(f"\n{module.name}\n{table(rows)}", flush=True)
        missed |= any(row.holds is False for row in rows)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
