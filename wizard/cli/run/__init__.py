"""Handing secrets to a command or a shell."""
