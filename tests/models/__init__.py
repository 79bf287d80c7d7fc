"""The cards and the models that lie in models/."""
