"""What the newsletter promises, as programs that can fail."""
