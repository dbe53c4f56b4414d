"""A key that nobody has: where it shows, a real one would have been given away."""

CANARY = "sk-canary-0123456789abcdef"
