"""The same way without a screen: one module for each group of commands. textual is not imported."""
