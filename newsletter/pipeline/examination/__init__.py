"""The examination of a set-up: what would go wrong, said before it does. Nothing is mailed."""
