"""What the facts of a deployed stack mean: stages, causes and a verdict. No I/O, no clock."""
