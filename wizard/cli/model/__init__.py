"""A provider's models, and which of them the slots have."""
