"""Small parts that do not depend on the wizard: text, glyphs, dialogs and waits."""
