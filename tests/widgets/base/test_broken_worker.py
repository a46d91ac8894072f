"""A worker that fails is reported, whatever started it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from textual import work
from textual.message_pump import MessagePump
from textual.worker import Worker

import gpuecs_tui
from gpuecs_tui.widgets.step.screen import StepScreen
from tests.support.screens.driving import wizard_app


class BreakingScreen(StepScreen):
    """A step whose read fails with an unexpected exception."""

    STEP = "network"

    @work(thread=True, exit_on_error=False)
    def break_down(self) -> None:
        raise LookupError("nobody [foresaw] this")


async def test_a_broken_worker_is_said_and_the_app_goes_on(tmp_path: Path) -> None:
    app = wizard_app(tmp_path)
    async with app.run_test() as pilot:
        screen = BreakingScreen(app.wizard)
        await app.push_screen(screen)
        screen.break_down()
        while not app._notifications:
            await pilot.pause(0.01)
        (said,) = app._notifications
        assert "nobody [foresaw] this" in said.message
        assert said.severity == "error"
        assert app.is_running


def _with_workers() -> Iterator[tuple[str, str]]:
    """Yield the module and the name of each class that declares a worker."""
    root = Path(gpuecs_tui.__file__).parent
    paths = [root / "app.py", *root.glob("widgets/**/*.py"), *root.glob("screens/*.py")]
    for path in sorted(paths):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and any(map(_is_worker, node.body)):
                module = path.relative_to(root.parent).with_suffix("")
                yield ".".join(module.parts), node.name


def _is_worker(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
        isinstance(it, ast.Call) and isinstance(it.func, ast.Name) and it.func.id == "work"
        for it in node.decorator_list
    )


WITH_WORKERS = list(_with_workers())


def test_workers_are_found() -> None:
    assert len(WITH_WORKERS) > 5
    assert "gpuecs_tui.widgets.run.decisions" in {module for module, _name in WITH_WORKERS}


@pytest.mark.parametrize(("module", "name"), WITH_WORKERS)
def test_every_class_with_workers_reports_a_broken_one(module: str, name: str) -> None:
    # Textual informs only the node that started a worker.
    kind: type[MessagePump] = getattr(import_module(module), name)
    assert any(
        Worker.StateChanged in it.__dict__["_decorated_handlers"]
        for it in kind.__mro__
        if "_decorated_handlers" in it.__dict__
    )
