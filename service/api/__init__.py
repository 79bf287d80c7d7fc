"""The endpoints, by resource, and what they share: their kinds of route and the intake of pictures."""
