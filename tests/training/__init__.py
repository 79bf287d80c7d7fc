"""Facts about training: data, network, export, measurements, and the shipped models' evidence."""
