"""Config documents: read with the place of everything, changed without re-printing. One protocol, two formats."""
