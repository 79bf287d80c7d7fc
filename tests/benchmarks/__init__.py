"""Tests of what is measured: the programs that the service is compared with."""
