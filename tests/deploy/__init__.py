"""Tests of how the service is deployed: the check of a container's health, the stack, the edge."""
