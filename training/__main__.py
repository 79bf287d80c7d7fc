"""`python -m training`: the command line."""

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from models import repository
from models.card import Card
from models.cifar10_test import LABELS
from training.errors import TrainingError, UntrueCardError

if TYPE_CHECKING:
    from training.variant import Variant


def main(argv: list[str] | None = None) -> int:
    """Do what the command line says (`argv`, if not this process's own); the exit code."""
    arguments = _parser().parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        arguments.run(arguments)
    except TrainingError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; nothing was left half-written.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    train = commands.add_parser("train", help="the whole way from the data to a model with its card")
    train.add_argument("--data", type=Path, metavar="FOLDER", help="where CIFAR-10 is (official batches); else fetched")
    train.add_argument("--out", type=Path, metavar="FOLDER", help="models folder to add the next version to")
    train.add_argument(
        "--quick",
        action="store_true",
        help="quick, no network: a toy trained on a part of the embedded test images; needs --out",
    )
    _add_missing(train)
    train.set_defaults(run=_train)

    fetch = commands.add_parser("fetch", help="only fetch CIFAR-10 into the cache")
    fetch.set_defaults(run=_fetch)

    evaluate = commands.add_parser("evaluate", help="measure models anew, on corrupted images too; writes their cards")
    evaluate.add_argument("folders", nargs="+", type=_version_folder, help="of models, such as models/seminar-cnn/2")
    evaluate.add_argument("--data", type=Path, metavar="FOLDER", help="where CIFAR-10 is; else fetched")
    evaluate.set_defaults(run=_evaluate)

    experiments = commands.add_parser("experiments", help="89 more trainings; what they show goes into the cards")
    experiments.add_argument("folders", nargs="+", type=_version_folder, help="of models, such as models/seminar-cnn/2")
    experiments.set_defaults(run=_experiments)

    verify = commands.add_parser("verify", help="ask a running service all 10,000 test images and check its card")
    verify.add_argument("url", help="such as http://localhost:8000")
    verify.add_argument("--model", help="which model; the default one if absent")
    verify.set_defaults(run=_verify)

    embed = commands.add_parser("embed", help="write the embedded test images anew from CIFAR-10's test batch")
    embed.add_argument("file", type=Path, help="file to write; must not exist")
    embed.set_defaults(run=_embed)
    return parser


def _add_missing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--missing", choices=LABELS, metavar="CLASS", help="take most of this class's images away")
    parser.add_argument("--share", type=_share, default=0.01, help="how much of that class is kept (default 0.01)")
    parser.add_argument("--repaired", action="store_true", help="let what is left of it count for as much as was taken")


def _version_folder(text: str) -> Path:
    if not (Path(text) / "card.json").is_file():
        raise argparse.ArgumentTypeError(f"there is no card.json in {text}; name a version folder of a model")
    return Path(text)


# The libraries behind these take seconds to import, so each command imports what it needs.


def _train(arguments: argparse.Namespace) -> None:
    shipped = repository.FOLDER
    out = (arguments.out or shipped).absolute()
    if arguments.quick and (arguments.out is None or out.resolve() == shipped.resolve()):
        raise TrainingError("Name a folder of your own for the quick model: --quick --out FOLDER.")

    from training import variant  # noqa: PLC0415
    from training.pipeline import train  # noqa: PLC0415

    made = train(out, variant.quick if arguments.quick else lambda: _variant(arguments))
    _tell(made, shipped)


def _variant(arguments: argparse.Namespace) -> "Variant":
    from training import variant  # noqa: PLC0415

    if arguments.missing:
        return variant.missing(arguments.data, arguments.missing, arguments.share, repaired=arguments.repaired)
    return variant.seminar(arguments.data)


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError("a share is above 0 and at most 1")
    return share


def _tell(made: Path, shipped: Path) -> None:
    """The last screen: what came out and where."""
    card = Card.read(made / "card.json")
    details, decision = card.model_details, card.metrics.decision
    print(
        f"\n{details.name} version {details.version}, after {card.run.epochs} epochs, "
        f"{details.parameters.value:,.0f} parameters"
    )
    for split, metrics in card.quantitative_analyses.splits.items():
        print(
            f"  {split:<10}  accuracy {metrics.accuracy.value:.4f}   loss {metrics.nll.value:.4f}   "
            f"n = {metrics.accuracy.n:,}"
        )
    print(
        f"  confident from {decision.threshold.value:.3f}: {decision.test_coverage.value:.1%} of the test answers, "
        f"{decision.test_error.value or 0:.1%} of them wrong"
    )
    print(f"  Keras and ONNX: probabilities differ by at most {details.agreement.max_probability_difference.value:.1g}")
    _compare(made, shipped / details.name)
    print(f"\nWritten to {made}\nServe it: SERVICE_MODELS={made.parent.parent} SERVICE_MODEL={details.name} make serve")


def _compare(made: Path, shipped: Path) -> None:
    """Say whether these are the bits of a shipped model of that name, if there is one and it isn't this."""
    content = (made / "model.onnx").read_bytes()
    others = [path for path in sorted(shipped.glob("*/model.onnx")) if path.parent.resolve() != made.resolve()]
    for path in others:
        if path.read_bytes() == content:
            print(f"  the same model, bit by bit, as {path.parent}")
            return
    if others:
        print("  other bits than the shipped model's: another processor, or other versions of the libraries")


def _fetch(_arguments: argparse.Namespace) -> None:
    from training import download  # noqa: PLC0415

    download.fetch()
    print(f"CIFAR-10 is in {download.CACHE}, every digest right.")


def _evaluate(arguments: argparse.Namespace) -> None:
    from training.card import update  # noqa: PLC0415

    for folder in arguments.folders:
        made_by = _made_by(folder)
        made_by.data = arguments.data
        card = update.measure_again(folder, _variant(made_by))
        found = card.quantitative_analyses
        print(f"Written to {folder / 'card.json'}")
        print(
            f"  test accuracy {found.splits['test'].accuracy.value:.4f}, mean error under corruption "
            f"{found.robustness.mean_error.value:.4f}, ECE {found.calibration.ece.value:.4f} (calibrated "
            f"{found.calibration.ece_calibrated.value:.4f})"
        )


def _made_by(folder: Path) -> argparse.Namespace:
    """The command line that a model was made by, as its card has it."""
    command = Card.read(folder / "card.json").run.command
    return _parser().parse_args(shlex.split(command)[3:])  # without python -m training


def _experiments(arguments: argparse.Namespace) -> None:
    from training import experiments, variant  # noqa: PLC0415
    from training.card import update  # noqa: PLC0415

    records = experiments.run([*experiments.candidates(), *experiments.others(), *experiments.missing_group()])
    for folder in arguments.folders:
        made_by = _made_by(folder)
        if made_by.missing:
            update.add_comparison(folder, records, made_by.missing, made_by.share, repaired=made_by.repaired)
        else:
            experiments.run(experiments.halves())
            splits, content = variant.seminar_splits(None), (folder / "model.onnx").read_bytes()
            scores = update.membership_scores(content, splits, experiments.shadows(splits))
            card = update.add_trials(folder, records, scores)
            print(card.metrics.next_training.method)
        print(f"What the trainings show is in {folder / 'card.json'}.")


def _verify(arguments: argparse.Namespace) -> None:
    from training.verify import verify  # noqa: PLC0415

    found = verify(arguments.url, arguments.model)
    if found:
        raise UntrueCardError("The service's answers are not what its card says:\n  " + "\n  ".join(found))
    print("Pass: accuracy, calibration and confusion matrix of the service's answers are those of its card.")


def _embed(arguments: argparse.Namespace) -> None:
    from models import cifar10_test  # noqa: PLC0415
    from training import data  # noqa: PLC0415

    if arguments.file.exists():
        raise TrainingError(f"{arguments.file} exists already; name a new file.")
    test = data.load_fetched_test()
    cifar10_test.write(arguments.file, test.images, test.labels)
    print(f"Written to {arguments.file}")


if __name__ == "__main__":
    # A polite `kill` is an interruption like Ctrl-C, so that everything is cleaned up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
