"""`python -m service`: start the service; settings come from the environment (see `service/settings.py`)."""

import signal
import sys


def main() -> int:
    """Run until stopped; the exit code."""
    if sys.argv[1:]:
        print(  # noqa: T201 - for the person who started it
            "The service takes no arguments: its settings are environment variables, such as PORT=8123 "
            "(service/README.md lists them).",
            file=sys.stderr,
        )
        return 2
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # as long as there is nothing to end in order
    # Imported here: the processes that the service starts import this module anew, and need nothing of it.
    from service.server.start import start  # noqa: PLC0415

    return start()


if __name__ == "__main__":
    sys.exit(main())
