"""crushrc: read without being run."""
