"""Translation of every text that a person reads.

``_`` translates now; ``N_`` only marks a text for extraction, for tables built at import time
whose entries are translated when they are shown.
"""

from __future__ import annotations

import gettext as _gettext
from functools import cache
from pathlib import Path

DOMAIN = "gpuecs_tui"
LOCALES = Path(__file__).parent / "locale"
"""Where the catalogues are: LANGUAGE/LC_MESSAGES/DOMAIN.mo."""


@cache
def _catalogue() -> _gettext.NullTranslations:
    # Deferred to the first text: the language is in the environment, which main() may adjust.
    return _gettext.translation(DOMAIN, LOCALES, fallback=True)


def _(message: str) -> str:
    """Return ``message`` in the user's language (LANGUAGE, LC_ALL, LC_MESSAGES, LANG)."""
    return _catalogue().gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Return the form of the message that fits the count ``n`` in the user's language."""
    return _catalogue().ngettext(singular, plural, n)


def adopt_standard_texts() -> None:
    """Have the standard library's own texts (argparse's) looked up in our catalogue too."""
    _gettext.bindtextdomain(DOMAIN, str(LOCALES))
    _gettext.textdomain(DOMAIN)


def N_(message: str) -> str:
    """Mark ``message`` for extraction and return it as it is."""
    return message
