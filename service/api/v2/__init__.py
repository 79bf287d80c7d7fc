"""The Open Inference Protocol, version 2, over REST; in its own form of errors, `{"error": "..."}`."""
