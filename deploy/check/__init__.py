"""`make deploy-check`: deploys the stack on a real engine, updates, kills and cuts under load, counts what failed."""
