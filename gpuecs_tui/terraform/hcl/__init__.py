"""HCL: parsed, evaluated, written and formatted. No file is read here."""
