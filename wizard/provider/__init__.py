"""Crush's own vocabulary: providers, models, types, URLs, keys, and the rules that their values obey."""
