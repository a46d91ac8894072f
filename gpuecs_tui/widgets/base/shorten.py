"""Shorten long texts in the middle, so that the distinguishing part stays visible.

For an image, that part is the repository and the tag, or the end of the digest: all images of an
account have the same registry.
"""

from __future__ import annotations

from rich.cells import cell_len, chop_cells

from gpuecs_tui.widgets.base.safe_text import ELLIPSIS

DIGEST_SHOWN = 8
"""Number of hexadecimal digits at the end of a digest that a shortened digest keeps."""
MIN_REGISTRY = 5
"""Minimum cells of a shortened registry; with less room, it is left out."""
_DIGEST = "@sha256:"


def middle(text: str, width: int) -> str:
    """Return ``text`` within ``width`` cells; its first and last characters are kept."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[:width]
    head = (width - 1) // 2
    return f"{_first(text, head)}{ELLIPSIS}{_last(text, width - 1 - head)}"


def image(reference: str, width: int) -> str:
    """Return an image reference within ``width`` cells.

    The digest is shortened first, to its last digits, then the registry in its middle, then the
    path before the repository, then the repository's name from its beginning. A tag or a shortened
    digest is cut only where ``width`` is less than either needs.
    """
    if cell_len(reference) <= width or width <= 1:
        return middle(reference, width)
    name, at, digest = reference.partition(_DIGEST)
    if at:
        reference = f"{name}@{ELLIPSIS}{digest[-DIGEST_SHOWN:]}"
        if cell_len(reference) <= width:
            return reference
    registry, slash, path = reference.partition("/")
    room = width - cell_len(slash + path)
    if slash and room >= MIN_REGISTRY:
        return f"{middle(registry, room)}{slash}{path}"
    room = width - cell_len(f"{ELLIPSIS}/")
    repository = path.rpartition("/")[2] or reference
    if cell_len(repository) <= room:
        rest = path[: len(path) - len(repository)]
        return f"{ELLIPSIS}/{_last(rest, room - cell_len(repository))}{repository}"
    return f"{ELLIPSIS}{_last(reference, width - 1)}"


def _first(text: str, cells: int) -> str:
    return chop_cells(text, cells)[0] if cells > 0 and text else ""


def _last(text: str, cells: int) -> str:
    return _first(text[::-1], cells)[::-1]
