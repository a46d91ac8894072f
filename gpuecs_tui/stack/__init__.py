"""The decisions: the stack's model, keys, defaults and answers file. Pure: no I/O."""
