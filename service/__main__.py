"""`python -m service`: start the service; settings come from the environment (see `service/settings.py`)."""

import sys

import uvicorn

from models.repository import ModelError
from service.app import create_app
from service.settings import SettingsError, read


def main() -> int:
    """Run until stopped; the exit code."""
    try:
        settings = read()
        app = create_app(settings)
    except (SettingsError, ModelError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person who started it
        return 1
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_level="info",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
