"""Opens the wizard on an invented account, drives it with keys, and reads its screens."""
