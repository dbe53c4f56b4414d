"""The user's config files: where they are, lossless edits, plans, and the only code that writes them."""
