"""Testing providers live."""
