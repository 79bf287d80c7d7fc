"""How much is let in at one time."""
