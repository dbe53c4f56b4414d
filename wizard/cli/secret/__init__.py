"""The secret store, by hand."""
