"""How the service is deployed on several machines, and the check that this loses no request."""
