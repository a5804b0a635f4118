"""What checkpoints hold beside tensors, read without running anything that a file names."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

# Classes that training scripts keep in their checkpoints. In their place stands an `Inert` object,
# so none of them is imported and nothing of them runs; a name that is not here is refused.
_HOLDERS = """
    argparse.Namespace types.SimpleNamespace builtins.slice builtins.complex
    pathlib.Path pathlib.PurePath pathlib.PosixPath pathlib.PurePosixPath pathlib.WindowsPath
    pathlib.PureWindowsPath pathlib._local.PosixPath pathlib._local.WindowsPath
    datetime.date datetime.datetime datetime.time datetime.timedelta datetime.timezone uuid.UUID
    decimal.Decimal fractions.Fraction
    numpy.core.multiarray._reconstruct numpy._core.multiarray._reconstruct numpy.ndarray
    numpy.random.__RandomState_ctor numpy.random._pickle.__randomstate_ctor
    omegaconf.dictconfig.DictConfig omegaconf.listconfig.ListConfig omegaconf.nodes.AnyNode
    omegaconf.nodes.IntegerNode omegaconf.nodes.FloatNode omegaconf.nodes.StringNode
    omegaconf.nodes.BooleanNode omegaconf.base.ContainerMetadata omegaconf.base.Metadata
    typing.Any
    torch.optim.lr_scheduler.StepLR torch.optim.lr_scheduler.MultiStepLR
    torch.optim.lr_scheduler.CosineAnnealingLR torch.optim.lr_scheduler.ExponentialLR
    torch.optim.lr_scheduler.ReduceLROnPlateau torch.optim.lr_scheduler.LambdaLR
    torch.optim.lr_scheduler.OneCycleLR torch.optim.lr_scheduler.LinearLR
    torch.optim.lr_scheduler.SequentialLR torch.optim.adam.Adam torch.optim.adamw.AdamW
    torch.optim.sgd.SGD torch.optim.rmsprop.RMSprop
    transformers.training_args.TrainingArguments transformers.trainer_utils.IntervalStrategy
    transformers.trainer_utils.SchedulerType transformers.training_args.OptimizerNames
"""
_DICTS = """
    easydict.EasyDict addict.addict.Dict munch.Munch yacs.config.CfgNode
    fvcore.common.config.CfgNode ml_collections.config_dict.config_dict.ConfigDict
    lightning.fabric.utilities.data.AttributeDict lightning_fabric.utilities.data.AttributeDict
    pytorch_lightning.utilities.parsing.AttributeDict
    lightning.pytorch.utilities.parsing.AttributeDict collections.defaultdict
"""
_scalar: Any = np.float64(0).__reduce__()[0]  # numpy's private function that restores a number


class Inert(dict[str, Any]):
    """Holds what an object was pickled with, and can do nothing."""

    def __new__(cls, *_args: Any) -> Inert:
        return super().__new__(cls)

    def __init__(self, *args: Any) -> None:
        super().__init__()
        self.arguments = args

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __setstate__(self, state: Any) -> None:
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, dict):
                self.update(part)


def _new_dict(*_args: Any) -> OrderedDict[Any, Any]:
    return OrderedDict()


def allowed() -> list[Any]:
    """Return what a state dict may name, for `torch.serialization.safe_globals`."""
    holders = [(type(name.rpartition(".")[2], (Inert,), {}), name) for name in _HOLDERS.split()]
    dicts = [
        (_new_dict if name == "collections.defaultdict" else OrderedDict, name)
        for name in _DICTS.split()
    ]
    plain = [
        (one, f"builtins.{one.__name__}")
        for one in (list, dict, int, float, str, bool, tuple, set, frozenset, bytes)
    ]
    dtypes = {type(np.dtype(name)) for name in ("float16", "float32", "float64", "int32", "int64")}
    numbers = [np.dtype, *dtypes, type(np.dtype("bool")), _scalar]
    return [*holders, *dicts, *plain, *numbers]
