"""Turns a blog's feed into a newsletter that reaches every subscriber exactly once."""

__version__ = "0.1.0"
