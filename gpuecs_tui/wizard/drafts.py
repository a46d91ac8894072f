"""Drafts: typed answers for a stack's directory, kept outside it until they are written.

One JSON file for each directory under the user's state folder (XDG). It is replaced as a whole and
synced before the new name takes effect, so that a crash leaves the old or the new draft.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import make_private
from gpuecs_tui.regular_files import read_regular
from gpuecs_tui.user_folders import NoHome, state_folder

FORMAT = 1
"""Increased if an older version of the program could misread the file."""
DIGEST_LENGTH = 12
"""Hexadecimal digits that keep the drafts of two directories of one name apart."""
ASIDE_KEPT = 10
"""Maximum number of backed-up drafts of one directory; older ones are deleted."""


class Draft(NamedTuple):
    """The state of a form."""

    texts: Mapping[str, str] = MappingProxyType({})
    """Key → text as typed, including invalid ones."""
    step: str = "start"
    """Id of the step that was open."""
    visited: tuple[str, ...] = ()
    """Ids of the steps that were visited."""
    saved_at: datetime | None = None
    """When it was saved, in UTC; None if it was never saved."""
    held: Mapping[str, str] | None = None
    """Key → digest of the directory's answer when the draft began; None: unknown."""
    suggested: Mapping[str, str] | None = None
    """Key → why its text was suggested; None: no suggestions, because the stack isn't new."""


class DraftProblem(Exception):
    """A draft that could not be read or saved; the text is one sentence with the file's path."""


def draft_path(directory: Path) -> Path:
    """Return the path of the draft of ``directory``, whether or not it exists.

    Raises DraftProblem if the user's home directory is unknown.
    """
    whole = os.path.realpath(directory)
    digest = hashlib.sha256(os.fsencode(whole)).hexdigest()[:DIGEST_LENGTH]
    name = f"{Path(whole).name[:40] or 'root'}-{digest}.json"
    try:
        return state_folder() / "drafts" / name
    except NoHome as error:
        words = _("Could not save the draft: {reason}.").format(reason=error.strerror)
        raise DraftProblem(words) from None


def load(directory: Path) -> Draft | None:
    """Return the draft of ``directory``; None if there is none.

    Raises DraftProblem for a damaged draft, which is renamed first.
    """
    path = draft_path(directory)
    try:
        raw = read_regular(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DraftProblem(
            _("Could not read the draft {path}: {reason}.").format(path=path, reason=error.strerror)
        ) from None
    try:
        return _parsed(json.loads(raw))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        kept = set_aside(directory)
        raise DraftProblem(
            _("The draft of this directory is damaged. It was renamed to {path}.").format(path=kept)
        ) from None


def save(directory: Path, draft: Draft) -> None:
    """Replace the draft of ``directory``; 0600 in a folder of 0700. Raises DraftProblem."""
    path = draft_path(directory)
    tree = {
        "format": FORMAT,
        "directory": os.path.realpath(directory),
        "saved_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "step": draft.step,
        "visited": list(draft.visited),
        "texts": dict(draft.texts),
        "held": None if draft.held is None else dict(draft.held),
        "suggested": None if draft.suggested is None else dict(draft.suggested),
    }
    temporary = ""
    try:
        make_private(path.parent)
        # mkstemp makes it 0600.
        handle, temporary = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            # Lone surrogates, which a terminal may send, have no UTF-8 form but an escape.
            json.dump(tree, file, ensure_ascii=True)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        _sync(path.parent)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise DraftProblem(
            _("Could not save the draft in {path}: {reason}.").format(
                path=path.parent, reason=error.strerror
            )
        ) from None


def drop(directory: Path) -> None:
    """Delete the draft of ``directory``: its answers are in the files. Raises DraftProblem."""
    path = draft_path(directory)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DraftProblem(
            _("Could not delete the draft {path}: {reason}.").format(
                path=path, reason=error.strerror
            )
        ) from None


def set_aside(directory: Path) -> Path | None:
    """Back up the draft of ``directory`` by renaming it; return its new path, None without one.

    So a new stack loses no answers. The newest ASIDE_KEPT drafts are kept.
    """
    path = draft_path(directory)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    kept = path.with_name(f"{path.stem}.aside-{stamp}.json")
    try:
        path.rename(kept)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DraftProblem(
            _("Could not rename the draft {path}: {reason}.").format(
                path=path, reason=error.strerror
            )
        ) from None
    older = sorted(path.parent.glob(f"{_escaped(path.stem)}.aside-*.json"))[:-ASIDE_KEPT]
    for file in older:
        file.unlink(missing_ok=True)
    return kept


def _escaped(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)


def _parsed(tree: Any) -> Draft:
    if not isinstance(tree, dict) or tree["format"] != FORMAT:
        raise ValueError("another format")
    texts, visited = tree["texts"], tree["visited"]
    # Drafts of earlier versions lack them.
    held, suggested = tree.get("held"), tree.get("suggested")
    whole = [*texts, *texts.values(), *visited, tree["step"]]
    for optional in (held, suggested):
        whole += [] if optional is None else [*optional, *optional.values()]
    if not all(isinstance(text, str) for text in whole):
        raise TypeError("texts only")
    saved_at = datetime.fromisoformat(tree["saved_at"])
    return Draft(texts, tree["step"], tuple(visited), saved_at, held, suggested)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
