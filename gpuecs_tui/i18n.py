"""Translation of all texts for users.

``_`` translates a text. ``N_`` only marks a text for extraction: it is for tables that are built at
import time and whose entries are translated when they are shown.
"""

from __future__ import annotations

import gettext as _gettext
from functools import cache
from pathlib import Path

from gpuecs_tui.call_options import with_call_options

DOMAIN = "gpuecs_tui"
LOCALES = Path(__file__).parent / "locale"
"""The folder of the catalogues: LANGUAGE/LC_MESSAGES/DOMAIN.mo."""


@cache
def _catalogue() -> _gettext.NullTranslations:
    # Loaded with the first text, because main() may change the variables that set the language.
    return _gettext.translation(DOMAIN, LOCALES, fallback=True)


def _(message: str) -> str:
    """Return ``message`` in the user's language (LANGUAGE, LC_ALL, LC_MESSAGES, LANG).

    Its command lines have the global options of this call.
    """
    return with_call_options(_catalogue().gettext(message))


def ngettext(singular: str, plural: str, n: int) -> str:
    """Return the form of the message that fits the count ``n`` in the user's language."""
    return with_call_options(_catalogue().ngettext(singular, plural, n))


def adopt_standard_texts() -> None:
    """Use this program's catalogue for texts of the standard library (argparse) too."""
    _gettext.bindtextdomain(DOMAIN, str(LOCALES))
    _gettext.textdomain(DOMAIN)


def N_(message: str) -> str:
    """Mark ``message`` for extraction and return it unchanged."""
    return message
