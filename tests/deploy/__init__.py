"""What stands in deploy/: manifests for Kubernetes, a unit for systemd, and what the pages beside them say."""
