"""A user's file on the disk: where it is, how it is read, locked, changed in place, and put back."""
