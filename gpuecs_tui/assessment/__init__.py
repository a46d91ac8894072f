"""One answer to "what is wrong with this stack": for the wizard, ``check`` and an apply alike.

It reads the account and what a directory says of itself, merges what is wrong with the answers and
what the rules find, gates an apply, and lists what repairs a broken state.
"""
