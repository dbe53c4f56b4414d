"""A setup wizard and config generator for the model providers of Crush."""

__version__ = "0.2.0"
