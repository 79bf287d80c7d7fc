"""Deploys, updates, kills and cuts under load, and prints what became of the requests; 1 if a row is not good."""

import argparse
import os
import ssl
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.check import capacity, control, images, nodes, rollouts, rows
from deploy.check.engine import CheckError, Engine
from deploy.check.rows import Bench, Row
from deploy.check.swarm import EDGE_IMAGE, IMAGE, Swarm

_NODES = "DEPLOY_CHECK_NODES"

# In this order; each leaves the stack with good replicas.
_ONE_ENGINE: Mapping[str, Callable[[Bench], Row]] = {
    "nothing": rows.nothing,
    "rolling": rows.rolling_updates,
    "kill": rows.kills,
    "stop": rows.stop,
    "stall": rows.stall,
    "scale": rows.scale,
    "broken": rows.broken_release,
    "image": rollouts.by_image,
    "volume": rollouts.by_volume,
    "capacity": capacity.four_against_one,
    "control": control.no_drain_and_an_impatient_check,
}
_SEVERAL_ENGINES: Mapping[str, Callable[[Bench], Row]] = {"drain": nodes.drain, "cut": nodes.cut}


def main() -> int:
    """Run what was asked for; the exit code."""
    every = [*_ONE_ENGINE, *_SEVERAL_ENGINES]
    parser = argparse.ArgumentParser(prog="python -m deploy.check", description=__doc__)
    parser.add_argument("--rate", type=float, default=150, help="requests a second")
    parser.add_argument("--least", type=int, default=2000, help="requests in each row, at least")
    parser.add_argument("--port", type=int, default=8443, help="where the edge is published")
    parser.add_argument("--only", nargs="+", choices=every, default=every, help="these rows")
    arguments = parser.parse_args()
    one, several = (
        [steps[name] for name in steps if name in arguments.only] for steps in (_ONE_ENGINE, _SEVERAL_ENGINES)
    )
    engine, hosts = Engine(), os.environ.get(_NODES, "").split()
    try:
        images.build(engine)
        version = engine.run("version", "--format", "{{.Server.Version}}")
        print(
            f"{os.cpu_count()} cores, Docker {version}, {arguments.rate:g} requests a second, "
            f"at least {arguments.least} in each row\n\n"
            "| what is done | requests | failed | 99 % within | what else | good |\n|---|---|---|---|---|---|",
            flush=True,
        )
        good = _run([engine], one, replicas=2, arguments=arguments) if one else True
        if hosts and several:
            engines = [Engine(host) for host in hosts]
            _hand_out(engine, engines)
            good &= _run(engines, several, replicas=len(engines), arguments=arguments)
    except CheckError as error:
        print(f"The check can't go on: {error}", file=sys.stderr)
        return 2
    if several and not hosts:
        print(f"\nNOT RUN: {', '.join(_SEVERAL_ENGINES)}. They want several engines: {_NODES}='unix:///... tcp://...'")
    print("\nGood." if good else "\nNOT GOOD.")
    return int(not good)


def _run(
    engines: Sequence[Engine], steps: Sequence[Callable[[Bench], Row]], *, replicas: int, arguments: argparse.Namespace
) -> bool:
    """Form a swarm of the engines, deploy the stack, print a line for each step; whether all are good."""
    good = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        swarm = Swarm(engines, folder, arguments.port)
        try:
            swarm.deploy(replicas=replicas)
            tls = ssl.create_default_context(cafile=str(folder / "cert.pem"))
            bench = Bench(swarm, tls, arguments.rate, arguments.least)
            for step in steps:
                row = step(bench)
                print(row.line(), flush=True)
                good &= row.good
        finally:
            swarm.down()
    return good


def _hand_out(engine: Engine, others: Sequence[Engine]) -> None:
    """Give the images to those engines that have them not."""
    for image in (IMAGE, EDGE_IMAGE):
        identity = engine.run("images", "--quiet", "--no-trunc", image)
        for other in others:
            if other.run("images", "--quiet", "--no-trunc", image) != identity:
                engine.give(image, other)


if __name__ == "__main__":
    sys.exit(main())
