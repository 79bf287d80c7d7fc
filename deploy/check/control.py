"""The negative control: the same load on a stack that is not as it should be must lose requests."""

from deploy.check.engine import CheckError
from deploy.check.load import Outcome
from deploy.check.rows import Bench, Row, stand_still
from deploy.check.swarm import SWARM

_FILE = "/etc/haproxy/haproxy.cfg"

# What other set-ups have: a check that takes who is busy for dead.
_IMPATIENT = {"timeout check 2s": "timeout check 300ms", "fall 2 rise 1": "fall 1 rise 1"}


def no_drain_and_an_impatient_check(bench: Bench) -> Row:
    """Replicas that stop at once and stand still, behind an edge that gives them 300 ms to answer its check."""
    config = (SWARM / "edge" / "haproxy.cfg").read_text()
    for patient, impatient in _IMPATIENT.items():
        if patient not in config:
            raise CheckError(f"haproxy.cfg has no '{patient}'")
        config = config.replace(patient, impatient)
    file = bench.swarm.folder / "impatient.cfg"
    file.write_text(config)
    overlay = {
        "version": "3.9",
        "services": {"edge": {"configs": [{"source": "impatient", "target": _FILE}]}},
        "configs": {"impatient": {"file": str(file)}},
    }
    bench.swarm.deploy(overlay=overlay, SERVICE_DRAIN_SECONDS="0")

    def event(_outcome: Outcome) -> str:
        bench.swarm.update("--env-add", "RELEASE=control")
        return stand_still(bench.swarm)

    outcome, said = bench.under_load(event)
    what = "control: no drain, impatient check; an update, then replicas stand still"
    return Row(what, f"{said}; must lose some", bool(outcome.failed), outcome)
