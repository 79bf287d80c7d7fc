"""What can stop a training; the message is one sentence for the person who started it."""


class TrainingError(Exception):
    """Base of all expected failures."""


class DataError(TrainingError):
    """The dataset is missing, damaged or not the real one."""


class ExportError(TrainingError):
    """The exported model is not what it must be."""


class OutputError(TrainingError):
    """The result can't be written where it was wanted."""


class ProcessorError(TrainingError):
    """The processor can't compute as the recipe says."""


class RemoteError(TrainingError):
    """A service can't be asked."""


class UntrueCardError(TrainingError):
    """A service's answers are not what its card says."""


class WrongModelError(TrainingError):
    """A model is not the one that was meant."""
