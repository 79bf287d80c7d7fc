"""What is done to whole nodes of a swarm of several engines."""

import time

from deploy.check.engine import Engine, wait_for
from deploy.check.load import Outcome
from deploy.check.rows import Bench, Row
from deploy.check.swarm import IMAGE, Swarm

_CUT_SECONDS = 45

# Takes the interface of an address down for a while. From a container, as the engine may be on another machine, and
# this would be the last that could be said to it.
_CUT = """
import fcntl, socket, struct, sys, time
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def has_address(name):
    try:
        found = fcntl.ioctl(asking, 0x8915, struct.pack("256s", name.encode()))
    except OSError:
        return False
    return socket.inet_ntoa(found[20:24]) == sys.argv[1]
def turn(name, up):
    (flags,) = struct.unpack_from("H", fcntl.ioctl(asking, 0x8913, struct.pack("256s", name.encode())), 16)
    fcntl.ioctl(asking, 0x8914, struct.pack("16sH238x", name.encode(), flags | 1 if up else flags & ~1))
(name,) = [name for _, name in socket.if_nameindex() if has_address(name)]
turn(name, False)
time.sleep(float(sys.argv[2]))
turn(name, True)
"""


def drain(bench: Bench) -> Row:
    """A node is emptied, as before its maintenance, and taken back."""
    swarm, node = bench.swarm, _last(bench.swarm)

    def event(_outcome: Outcome) -> str:
        replicas = len(swarm.running())
        swarm.manager.run("node", "update", "--availability", "drain", node)
        took = wait_for("the replicas elsewhere", lambda: _elsewhere(swarm, node) == replicas)
        return f"all replicas elsewhere after {took:.0f} s"

    outcome, said = bench.under_load(event)
    swarm.manager.run("node", "update", "--availability", "active", node)
    return Row("node drained", said, not outcome.failed, outcome)


def cut(bench: Bench) -> Row:
    """A node's network goes away without a word, and comes back later."""
    swarm, node, engine = bench.swarm, _last(bench.swarm), bench.swarm.engines[-1]

    def event(_outcome: Outcome) -> str:
        replicas = len(swarm.running())
        address = swarm.manager.run("node", "inspect", "--format", "{{.Status.Addr}}", node)
        _cut(engine, address)
        took = wait_for("the replicas elsewhere", lambda: _elsewhere(swarm, node) == replicas)
        return f"{took:.0f} s"

    _spread(swarm, node)
    outcome, said = bench.under_load(event)
    state = ("node", "inspect", "--format", "{{.Status.State}}", node)
    wait_for("the node's return", lambda: swarm.manager.run(*state) == "ready")
    good = outcome.failed <= 5 and float(said.split()[0]) <= 30
    return Row("node cut off", f"back at full strength after {said}", good, outcome)


def _cut(engine: Engine, address: str) -> None:
    engine.run(
        "run", "--rm", "--detach", "--network", "host", "--cap-add", "NET_ADMIN", "--user", "root", IMAGE,
        "python", "-c", _CUT, address, str(_CUT_SECONDS),
    )  # fmt: skip


def _spread(swarm: Swarm, node: str) -> None:
    """Give a node a replica, if it has none: an update places them anew."""
    if node not in swarm.running():
        swarm.update("--force")
        time.sleep(1)


def _last(swarm: Swarm) -> str:
    return swarm.node(swarm.engines[-1])


def _elsewhere(swarm: Swarm, node: str) -> int:
    return sum(where != node for where in swarm.running())
