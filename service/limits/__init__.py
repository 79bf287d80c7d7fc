"""How much is let in at one time: predictions, queued work, bytes of bodies."""
