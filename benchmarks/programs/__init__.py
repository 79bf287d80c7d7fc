"""What the service is compared with: each the same task, with the same model, as its documentation suggests it."""
