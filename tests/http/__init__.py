"""Bodies, queries, problems."""
