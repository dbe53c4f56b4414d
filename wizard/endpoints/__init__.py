"""Live endpoints: who answers, which models there are, and whether they work."""
