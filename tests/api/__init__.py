"""What users do, over real HTTP."""
