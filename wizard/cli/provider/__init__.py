"""Adding, editing and removing a provider."""
