"""Small parts that know nothing of the wizard: text, glyphs, dialogs and waits."""
