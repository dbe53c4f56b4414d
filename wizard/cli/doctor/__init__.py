"""Finding what is wrong, and putting it right."""
