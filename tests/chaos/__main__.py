"""``make chaos``, ``python -m tests.chaos``: runs trials and prints a table of results.

Each result is stored in a file, so that the next call continues where this one stopped: 200 trials
can take several calls. A trial is a separate process; a trial that crashes is a result too.
"""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from gpuecs_tui.demo import account
from tests.chaos import faults, places
from tests.chaos.order import Order, draw_order
from tests.chaos.report import read_results, table
from tests.chaos.trial import Result, carry_out, end_orphans

FOLDER = Path(".chaos")
RUNS = 21
"""Number of trials per call; each fault has its turn once in that many."""
JOBS = 2
"""Number of parallel trials: most of a trial is waiting."""
FULL_SHARE = 0.1
"""Share of the trials of the stack with the load balancer, which takes minutes."""
TRIAL_SECONDS = 3000.0
"""Seconds after which a trial counts as stuck."""


def main(words: list[str]) -> int:
    """Run trials and print the table; return 1 if any trial with this seed failed, in all calls."""
    options = _options().parse_args(words)
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if options.trial is not None:
        return _one(options, folder)
    seed = options.seed or _kept_seed(folder)
    home = folder / seed
    home.mkdir(exist_ok=True)
    results = home / "results.jsonl"
    chosen, missing = _chosen(options.fault, folder)
    done = {it.number for it in read_results(results)}
    waiting = deque(number for number in range(options.start, 1_000_000) if number not in done)
    print(f"seed {seed}, results in {results}", flush=True)
    account.start_or_find(folder / "account")
    try:
        _all(options, seed, home, results, waiting, chosen)
    finally:
        account.stop(folder / "account")
    found = read_results(results)
    print(f"\nseed {seed}\n{table(found, missing)}", flush=True)
    return int(any(it.problems for it in found))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="trials of this call")
    parser.add_argument("--seconds", type=float, default=0, help="begin none after so long")
    parser.add_argument("--seed", default="", help="draw from this; default: as the last call")
    parser.add_argument("--jobs", type=int, default=JOBS, help="trials at a time")
    parser.add_argument("--full", type=float, default=FULL_SHARE, help="share of the full stack")
    parser.add_argument("--fault", action="append", help="only of this name; may be repeated")
    parser.add_argument("--start", type=int, default=0, help="first number that may come")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where everything is kept")
    parser.add_argument("--trial", type=int, help="carry out this one alone and print its result")
    return parser


def _kept_seed(folder: Path) -> str:
    kept = folder / "seed"
    if not kept.exists():
        kept.write_text(secrets.token_hex(4), "utf-8")
    return kept.read_text("utf-8").strip()


def _chosen(
    names: list[str] | None, folder: Path
) -> tuple[tuple[faults.Fault, ...], dict[str, str]]:
    possible, missing = faults.available(folder)
    if not names:
        return possible, missing
    if strange := set(names) - {it.name for it in faults.FAULTS}:
        known = ", ".join(it.name for it in faults.FAULTS)
        raise SystemExit(f"There is no fault {', '.join(sorted(strange))}. There are: {known}.")
    return tuple(it for it in possible if it.name in names), missing


def _all(
    options: argparse.Namespace,
    seed: str,
    home: Path,
    results: Path,
    waiting: Iterable[int],
    chosen: tuple[faults.Fault, ...],
) -> None:
    begun, latest = 0, time.monotonic() + options.seconds if options.seconds else None
    numbers = iter(waiting)
    living: dict[subprocess.Popen[str], tuple[Order, float]] = {}
    while True:
        late = latest is not None and time.monotonic() > latest
        while len(living) < options.jobs and begun < options.runs and not late:
            order = draw_order(seed, next(numbers), chosen, options.full)
            living[_begin(options, seed, order)] = (order, time.monotonic())
            begun += 1
        if not living:
            return
        time.sleep(0.2)
        for process, (order, since) in list(living.items()):
            stuck = time.monotonic() - since > TRIAL_SECONDS
            if process.poll() is None and not stuck:
                continue
            if stuck:
                process.kill()
            del living[process]
            _note(process.communicate()[0], order, home, results)


def _begin(options: argparse.Namespace, seed: str, order: Order) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.chaos", "--trial", str(order.number), "--seed", seed,
             "--folder", str(options.folder), "--full", str(options.full)]  # fmt: skip
    for name in options.fault or ():
        words += ["--fault", name]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def _note(said: str, order: Order, home: Path, results: Path) -> None:
    """Store and print the result of a trial; keep the folder only if the trial failed."""
    last = said.strip().rpartition("\n")[2]
    try:
        result = Result(**json.loads(last))
    except (ValueError, TypeError):
        result = Result(order.number, order.fault.name, order.operation, "", "", "")
        result.problems.append(f"the trial itself broke: {said[-300:]!r}")
    with results.open("a") as file:
        file.write(json.dumps(result.as_json(), ensure_ascii=False) + "\n")
    where = home / f"{order.number:04d}"
    end_orphans(where)
    if not result.problems:
        shutil.rmtree(where, ignore_errors=True)
    words = "; ".join(result.problems) or ("survived" if result.struck else "was over before")
    print(
        f"{result.number:4d}  {result.seconds:6.1f} s  {result.fault}, {result.stack} stack, "
        f"state in {result.state_in}, {result.moment}: {result.ended}; {words}",
        flush=True,
    )


def _one(options: argparse.Namespace, folder: Path) -> int:
    chosen, _missing = _chosen(options.fault, folder)
    order = draw_order(options.seed, options.trial, chosen, options.full)
    where = folder / options.seed / f"{order.number:04d}"
    if where.exists():
        places.make_writable(where)
        shutil.rmtree(where)
    result = carry_out(order, account.start_or_find(folder / "account"), where)
    print(json.dumps(result.as_json(), ensure_ascii=False))
    return int(bool(result.problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
