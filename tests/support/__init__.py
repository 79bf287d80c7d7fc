"""What the tests share: the running service, the toy model, pictures."""
