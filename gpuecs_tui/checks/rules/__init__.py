"""The rules; each yields findings over a Context."""
