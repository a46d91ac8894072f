"""One assessment of a stack for the wizard, ``check``, and the apply.

It reads the account and the facts of a directory, merges the problems of the answers with the
findings of the rules, gates an apply, and lists the remedies of a broken state.
"""
