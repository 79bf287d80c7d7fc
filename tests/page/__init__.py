"""The seminar page in a real browser."""
