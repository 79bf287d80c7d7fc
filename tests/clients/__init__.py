"""Clients of other serving systems, in an environment of their own, as they can't be installed beside the service.

Each program here is given the service's URL and its gRPC address, reads images and pictures from its input, and prints
what its client got, by the way it asked.
"""
