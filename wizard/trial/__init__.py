"""Asking an endpoint on behalf of a command: a provider's test, its models, the facts for questions."""
