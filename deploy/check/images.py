"""The images that the check deploys, and another version of the model: the shipped one under another number."""

from deploy.check.engine import Engine
from deploy.check.swarm import EDGE_IMAGE, IMAGE, ROOT, SWARM

# Under a name with a dot, which the service passes over, until all of it is there.
_RELEASE = """
import json, pathlib, shutil, sys
source, target, version = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
unfinished = target / f".{version}"
shutil.copytree(source, unfinished)
card = json.loads((unfinished / "card.json").read_text())
card["model_details"]["version"] = version
(unfinished / "card.json").write_text(json.dumps(card))
unfinished.rename(target / str(version))
"""
_MODEL = "models/seminar-cnn"


def build(engine: Engine) -> None:
    """Build service and edge."""
    engine.run("build", "--quiet", "--file", str(ROOT / "service" / "Dockerfile"), "--tag", IMAGE, str(ROOT))
    engine.run("build", "--quiet", "--tag", EDGE_IMAGE, str(SWARM / "edge"))


def build_version(engine: Engine, version: int) -> str:
    """Build the service's image with the model under this number too; the image's name."""
    image = f"{IMAGE}-model-{version}"
    (shipped,) = (path.name for path in (ROOT / _MODEL).iterdir() if path.name.isdigit())
    lines = ("FROM " + IMAGE, "USER root", f"RUN {_shell(shipped, _MODEL, version)}", "USER 65532:65532")
    engine.run("build", "--quiet", "--tag", image, "-", typed="\n".join(lines))
    return image


def put_version(engine: Engine, volume: str, version: int) -> None:
    """Put the model under this number into a volume."""
    script = f"mkdir -p /my-models/seminar-cnn && {_shell('*', '/my-models/seminar-cnn', version)}"
    engine.run("run", "--rm", "--user", "root", "--volume", f"{volume}:/my-models", IMAGE, "sh", "-c", script)


def _shell(shipped: str, target: str, version: int) -> str:
    """The shell's words for it."""
    quoted = _RELEASE.strip().replace("\n", "; ").replace('"', "'")
    return f'python -c "{quoted}" {_MODEL}/{shipped} {target} {version}'
