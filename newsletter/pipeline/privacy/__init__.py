"""What is kept about people, for how long, who sees it, and forgetting it in time."""
