"""The process: a listening socket, uvicorn's server, its protocol, and the workers where there are several."""
