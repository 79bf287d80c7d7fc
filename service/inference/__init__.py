"""The core: from pixels to answers, by verified models; it knows no HTTP."""
