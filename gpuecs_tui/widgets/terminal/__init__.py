"""The terminal and the private names of Textual: output, key order, hang-up, clipboard."""
