"""The process and its protocol."""
