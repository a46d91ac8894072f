"""The wizard on a made-up account: opened, driven by keys, and read."""
