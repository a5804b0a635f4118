"""Weights come in; code does not."""

from __future__ import annotations

import io
import os
import pickle
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils import prune

from nnvis.errors import UserError
from nnvis.models import load, tiny
from nnvis.models.checkpoint import read_checkpoint
from nnvis.models.fitting import fit_weights


@pytest.fixture
def state():
    return tiny(5).network.state_dict()


def assert_loads(path):
    assert load("tiny", weights=str(path)).weights_hash == tiny(5).weights_hash


def test_safetensors(tmp_path, state):
    save_file(state, tmp_path / "w.safetensors")
    assert_loads(tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"epoch": 3, "loss": np.float64(0.5), "state_dict": state},
        lambda state: {"model": {f"module.{name}": one for name, one in state.items()}},
        lambda state: {f"_orig_mod.model.{name}": one for name, one in state.items()},
        lambda state: {n: one for n, one in state.items() if "num_batches" not in n},
    ],
    ids=["plain", "training", "data-parallel", "compiled", "old"],
)
def test_checkpoints(tmp_path, state, wrap):
    torch.save(wrap(state), tmp_path / "w.pth")
    assert_loads(tmp_path / "w.pth")


class Hostile:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("raw", [True, False], ids=["pickle", "torch"])
def test_a_pickle_that_would_run_code_is_refused_by_name(tmp_path, raw):
    trap, path = tmp_path / "trap", tmp_path / "w.pt"
    if raw:
        path.write_bytes(pickle.dumps({"a": Hostile(trap)}))
    else:
        torch.save({"a": Hostile(trap)}, path)
    with pytest.raises(UserError, match=r"w\.pt was refused: .*posix\.mkdir.*save_file"):
        read_checkpoint(path)
    assert not trap.exists()


def test_a_whole_module_is_refused_with_the_way_to_convert_it(tmp_path):
    torch.save(nn.Sequential(nn.Linear(2, 2)), tmp_path / "w.pt")
    with pytest.raises(UserError, match=r"torch\.nn\.modules.*save_file\(model\.state_dict"):
        read_checkpoint(tmp_path / "w.pt")


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_torchscript_is_refused(tmp_path):
    torch.jit.trace(nn.Linear(2, 2), torch.rand(1, 2)).save(tmp_path / "w.pt")
    with pytest.raises(UserError, match="it is TorchScript, which can run code"):
        read_checkpoint(tmp_path / "w.pt")


def test_an_exported_program_is_refused(tmp_path):
    exported = torch.export.export(nn.Linear(2, 2), (torch.rand(1, 2),), strict=False)
    torch.export.save(exported, tmp_path / "w.pt2")
    (tmp_path / "w.pt2").rename(tmp_path / "w.pt")
    with pytest.raises(UserError, match="refused: it is an exported program"):
        read_checkpoint(tmp_path / "w.pt")


def test_bombs_are_refused(tmp_path):
    huge = torch.zeros(1).expand(1 << 40)
    torch.save({"a": huge}, tmp_path / "stride.pt")
    with pytest.raises(UserError, match="a claims more than the file holds"):
        read_checkpoint(tmp_path / "stride.pt")
    plain = io.BytesIO()
    torch.save({"a": torch.zeros(1 << 18)}, plain)
    with (
        zipfile.ZipFile(plain) as source,
        zipfile.ZipFile(tmp_path / "zip.pt", "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name))
    with pytest.raises(UserError, match="it unfolds to 1 MB"):
        read_checkpoint(tmp_path / "zip.pt")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("w.pt", b"", "is empty"),
        ("w.pt", b"version https://git-lfs.github.com/spec/v1\nsize 9\n", "git lfs pull"),
        ("w.pt", b"<html>not found</html>", "is no whole state dict"),
        ("w.safetensors", b"\xff" * 64, "is damaged"),
        ("w.txt", b"x", "is no weights file"),
        ("w.onnx", b"x", "is a whole network, not weights of one"),
        ("w.pkl", b"x", "refused: it is a pickle, which can run code"),
        ("w.pt2", b"x", "refused: it is an exported program, which can run code"),
        ("w.pth", None, "does not exist"),
    ],
)
def test_bad_files_are_named(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        read_checkpoint(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:.*weight_norm", "ignore:Sparse")
@pytest.mark.parametrize("kind", ["coo", "csr", "pruned", "weight_norm", "weight_norm_of_old"])
def test_weights_as_training_tools_keep_them_are_made_plain(tmp_path, kind):
    def make():
        return nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.AdaptiveMaxPool2d(3), nn.Flatten(), nn.Linear(36, 5)
        )

    trained = make()
    if kind == "pruned":
        prune.random_unstructured(trained[0], "weight", 0.5)
        prune.l1_unstructured(trained[3], "weight", 0.5)
    elif kind == "weight_norm":
        nn.utils.parametrizations.weight_norm(trained[0])
        trained[0].parametrizations.weight.original0.data *= 3
    elif kind == "weight_norm_of_old":
        nn.utils.weight_norm(trained[0], dim=1)
        trained[0].weight_g.data *= 3
    state = trained.state_dict()
    if kind == "coo":
        state["0.weight"].relu_()
        state["0.weight"] = state["0.weight"].to_sparse()
    elif kind == "csr":
        state["3.weight"].relu_()
        state["3.weight"] = state["3.weight"].to_sparse_csr()
    torch.save(state, tmp_path / "w.pt")
    plain = make()
    notes = fit_weights(plain, read_checkpoint(tmp_path / "w.pt"))
    x = torch.rand(2, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(plain(x), trained(x))
    assert bool(notes) == (kind not in ("coo", "csr"))
    # Where the network itself has the parts, they go there.
    assert fit_weights(trained, read_checkpoint(tmp_path / "w.pt")) == []


@pytest.mark.filterwarnings("ignore:Sparse")
def test_forms_of_weights_that_nobody_here_knows_are_told_with_the_cure(tmp_path):
    trained = nn.utils.spectral_norm(nn.Conv2d(3, 4, 3))
    torch.save(trained.state_dict(), tmp_path / "w.pt")
    with pytest.raises(UserError, match="remove_spectral_norm"):
        fit_weights(nn.Conv2d(3, 4, 3), read_checkpoint(tmp_path / "w.pt"))
    huge = torch.sparse_coo_tensor(torch.zeros(2, 1, dtype=torch.long), [1.0], (1 << 20, 1 << 20))
    torch.save({"weight": huge}, tmp_path / "w.pt")
    with pytest.raises(UserError, match="weight unfolds to 1,099,511,627,776 numbers"):
        read_checkpoint(tmp_path / "w.pt")


def test_a_truncated_file_is_named(tmp_path, state):
    torch.save(state, tmp_path / "w.pt")
    whole = (tmp_path / "w.pt").read_bytes()
    (tmp_path / "w.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="is no whole state dict"):
        read_checkpoint(tmp_path / "w.pt")


def test_a_misfit_says_which_keys_and_shapes(tmp_path, state):
    del state["conv2.weight"]
    state["extra.weight"] = torch.zeros(1)
    state["head.weight"] = torch.zeros(7, 16)
    save_file(state, tmp_path / "w.safetensors")
    with pytest.raises(UserError) as caught:
        load("tiny", weights=str(tmp_path / "w.safetensors"))
    text = str(caught.value)
    assert "1 missing (conv2.weight)" in text
    assert "1 unexpected (extra.weight)" in text
    assert "1 of another shape (head.weight is 7x16, needs 10x16)" in text
