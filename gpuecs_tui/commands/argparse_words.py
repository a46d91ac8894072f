"""The texts that argparse prints, marked for extraction. ``adopt_standard_texts`` translates them.

These are the texts of Python 3.11 to 3.14 that the options here can cause. The other texts of
argparse report programming errors. Only the extraction of messages and a test read this module.
"""

from __future__ import annotations

from gpuecs_tui.i18n import N_, ngettext

N_("usage: ")
N_("positional arguments")
N_("options")
N_("show this help message and exit")
N_("argument %(argument_name)s: %(message)s")
N_("the following arguments are required: %s")
N_("unrecognized arguments: %s")
N_("expected one argument")
N_("ignored explicit argument %r")
N_("invalid choice: %(value)r (choose from %(choices)s)")
N_("invalid %(type)s value: %(value)r")
ngettext("expected %s argument", "expected %s arguments", 1)
