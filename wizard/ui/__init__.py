"""Asking and showing: prompts, tables, diffs, and the JSON envelope."""
