"""Speed, as ratios: the service and other programs for the same task, measured in one run on the same machine."""
