"""Long work in operators: it shows what it is doing, lets the window live, and Esc takes it back.

An operator yields (share done, what is being done) from `work`. Called from a script or without a
window, the work runs straight through. Cancelling closes the generator, so `work` undoes in `finally`
or `except` what it has begun.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import bpy

from ..errors import UserError, hearing
from ..steps import Steps
from .sentences import translated
from .translations import tr

Result = TypeVar("Result")
Execute = Callable[[Any, bpy.types.Context], set[str]]  # an operator's method
PAUSE = 0.02  # seconds the window gets between two steps
_under_way: set[str] = set()  # kinds of work


class Task:
    """Mixin of operators whose work takes longer than a click."""

    _steps: Steps[None]
    _timer: bpy.types.Timer
    report: Callable[[set[str], str], None]  # Blender's own
    pause = PAUSE
    kind = "scene"  # of work: of each, one at a time
    alone = False  # while nothing else may change the file
    cancelled = "Cancelled; nothing was changed."

    def work(self, context: bpy.types.Context) -> Steps[None]:
        """The work itself, step by step."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            for _ in self._told(self.work(context)):
                pass
        except (UserError, OSError, MemoryError) as error:
            return self._failed(error)
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if bpy.app.background or context.window is None:
            return self.execute(context)
        if self.kind in _under_way:  # a second click
            self.report({"WARNING"}, tr("LLM Scene is at work already: wait, or press Esc to cancel it."))
            return {"CANCELLED"}
        _under_way.add(self.kind)
        self._steps = self._told(self.work(context))
        manager = context.window_manager
        self._timer = manager.event_timer_add(self.pause, window=context.window)
        manager.progress_begin(0, 100)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC" and event.value == "PRESS":
            self._steps.close()
            self._end(context)
            self.report({"INFO"}, tr(self.cancelled))
            return {"CANCELLED"}
        if event.type == "TIMER":
            return self._step(context)
        return {"RUNNING_MODAL"} if self.alone else {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """The window closes, or another file is opened."""
        self._steps.close()
        self._end(context)

    def _told(self, steps: Steps[None]) -> Steps[None]:
        """The same steps; what is worth knowing is reported."""
        with hearing(lambda said: self.report({"WARNING"}, translated(said))):
            yield from steps

    def _step(self, context: bpy.types.Context) -> set[str]:
        try:
            share, what = next(self._steps)
        except StopIteration:
            self._end(context)
            return {"FINISHED"}
        except (UserError, OSError, MemoryError) as error:
            self._end(context)
            return self._failed(error)
        except BaseException:
            self._end(context)
            raise
        context.window_manager.progress_update(100 * share)
        text = tr("LLM Scene: {what} … {share}    Esc cancels", what=what, share=f"{share:.0%}")
        show_status(context, text)
        return {"PASS_THROUGH"}

    def _end(self, context: bpy.types.Context) -> None:
        _under_way.discard(self.kind)
        context.window_manager.event_timer_remove(self._timer)
        context.window_manager.progress_end()
        show_status(context, None)

    def _failed(self, error: BaseException) -> set[str]:
        self.report({"ERROR"}, sentence(error))
        return {"CANCELLED"}


def sentence(error: BaseException) -> str:
    """What went wrong, to be read by the user."""
    if isinstance(error, MemoryError):
        return tr("There is not enough memory: choose a smaller model or a shorter prompt.")
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}."
    return translated(str(error))


def refusing(execute: Execute) -> Execute:
    """Make an operator report what goes wrong through the user's doing, and cancel."""

    @functools.wraps(execute)
    def told(self: bpy.types.Operator, context: bpy.types.Context) -> set[str]:
        try:
            return execute(self, context)
        except (UserError, OSError, MemoryError) as error:
            self.report({"ERROR"}, sentence(error))
            return {"CANCELLED"}

    return told


def show_status(context: bpy.types.Context, text: str | None) -> None:
    """Write into the status bar; None gives it back to Blender."""
    if context.workspace is not None:
        context.workspace.status_text_set(text)


def aside(function: Callable[[], Result], share: float, what: str, into: list[Result]) -> Steps[None]:
    """Run what does not touch Blender in a thread, so that the window stays alive meanwhile."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            into.append(function())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        yield share, what
        thread.join(PAUSE)
    if failures:
        raise failures[0]
