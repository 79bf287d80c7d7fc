"""From measurements to a model card: its numbers, its sentences, its figures."""
