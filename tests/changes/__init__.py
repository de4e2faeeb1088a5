"""A corpus of changed posts: posts made up for it, and rules that change them."""
