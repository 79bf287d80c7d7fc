"""What a trained model is measured by: accuracy, calibration, robustness, and what it can't be trusted with."""
