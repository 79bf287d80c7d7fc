"""The layers around the application: names, keys, logs, traces; each request passes them once on its way in and out."""
