"""The forms of a card."""
