"""Facts about the project, one per test."""
