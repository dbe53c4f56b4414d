"""Named profiles, by hand."""
