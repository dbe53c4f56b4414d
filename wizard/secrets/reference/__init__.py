"""Secrets that stay where they are: a reference is a command that prints one, as `op read op://Private/Groq/key`."""
