"""From drafts to files: decided, shown, confirmed, written, reported, taken back."""
