"""The log panel: any number of lines, filtered, searched and saved."""
