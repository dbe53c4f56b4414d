"""The question engine: presets, questions, answers, and the provider that they make."""
