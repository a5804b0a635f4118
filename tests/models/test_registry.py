"""Models by name: found, drawn, downloaded or refused in one line."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading

import pytest
import timm
import torch
from safetensors.torch import save_file

from nnvis.errors import UserError
from nnvis.models import load, load_steps, models, tiny
from nnvis.models.download import fetch
from nnvis.models.formats import from_timm, from_torchvision, registered_names
from nnvis.models.info import ModelRequest
from nnvis.progress import drain


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no way to the internet."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(
        "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
        "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}",
    )
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
    return tmp_path


def test_nothing_heavy_is_imported_with_the_package():
    code = "import sys, nnvis.models, nnvis.models.info; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_random_weights_come_from_the_seed_and_disturb_nobody():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    hashes = [
        load("timm/test_resnet", random_weights=True, seed=seed).weights_hash for seed in (0, 0, 1)
    ]
    assert torch.equal(torch.get_rng_state(), before)
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("torchvision/resnet19", "torchvision has no model 'resnet19'; did you mean resnet1"),
        ("timm/vit_tinny_patch16_224", "did you mean vit_tiny_patch16_224"),
        ("timm/resnet18.nonsense", "timm has no weights 'resnet18.nonsense'; .* resnet18."),
        ("resnet18", r"did you mean torchvision/resnet18, timm/resnet18\?"),
        ("efficientnet", "did you mean .*efficientnet"),
        ("weights.pth", "--weights weights.pth"),
        ("net.py", "net.py does not exist"),
        ("", "nnvis models lists all"),
    ],
)
def test_an_unknown_name_brings_the_nearest(spec, said):
    with pytest.raises(UserError, match=said) as caught:
        load(spec, random_weights=True)
    assert "\n" not in str(caught.value)


def test_a_device_that_is_not_here_is_named():
    with pytest.raises(UserError, match=r"no device 'cuda:77' here; use auto or .*cpu"):
        load("tiny", device="cuda:77")
    assert load("tiny", device="auto").device is not None


@pytest.mark.parametrize("spec", ["torchvision/resnet18", "timm/resnet18"])
def test_without_internet_it_says_so_at_once(cache, monkeypatch, spec):
    if spec.startswith("torchvision"):
        weights = type("W", (), {"url": "http://127.0.0.1:9/resnet18-f37072fd.pth"})
        monkeypatch.setattr("nnvis.models.formats.from_torchvision._weights", lambda name: weights)
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)  # between attempts
    with pytest.raises(UserError, match=r"could not be downloaded from .*--random-weights"):
        load(spec)
    assert sum(waited) < 5
    assert not list(cache.rglob("*.part"))


def test_weights_in_the_cache_need_no_internet(cache):
    module = timm.create_model("test_resnet")
    (cache / "checkpoints").mkdir()
    save_file(
        module.state_dict(),
        cache / "checkpoints" / "timm--test_resnet.r160_in1k--model.safetensors",
    )
    ours = load("timm/test_resnet").network.state_dict()
    assert all(torch.equal(one, ours[name]) for name, one in module.state_dict().items())


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_):
            """A download that is cancelled breaks the pipe; that is no news."""

    handler = functools.partial(Quiet, directory=str(folder))
    with Server(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield folder, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_download_tells_its_bytes_and_appears_whole(cache, server):
    folder, address = server
    (folder / "net.pth").write_bytes(bytes(1 << 20))
    told = []
    path = drain(fetch(f"{address}/net.pth"), told.append)
    assert path.read_bytes() == bytes(1 << 20)
    assert [one.total for one in told[1:]] == [1 << 20] * (len(told) - 1)
    assert told[-1].done == 1 << 20
    steps = fetch(f"{address}/other.pth")
    (folder / "other.pth").write_bytes(bytes(1 << 20))
    next(steps)
    next(steps)
    steps.close()  # cancelled half-way: nothing is left
    assert [one.name for one in path.parent.iterdir()] == ["net.pth"]


def test_a_download_that_is_another_file_is_refused(cache, server):
    folder, address = server
    (folder / "net-0123456789.pth").write_bytes(b"something else")
    with pytest.raises(UserError, match="came damaged"):
        drain(fetch(f"{address}/net-0123456789.pth"))
    assert not list((cache / "checkpoints").iterdir())


FACTORY = """
from torch import nn
from neighbour import WIDTH

def net():
    return nn.Sequential(nn.Conv2d(3, WIDTH, 3), nn.ReLU(inplace=True))

def deep():
    return nn.Sequential(nn.Unflatten(1, (1, 3)), nn.Conv3d(1, WIDTH, 3), nn.Flatten(1, 2))

def broken():
    raise ValueError("no data")

def number():
    return 3

def ready():
    from nnvis.models import VisionModel
    return VisionModel(net(), input_size=(16, 20), labels=["a", "b", "c", "d"], name="mine")
"""


@pytest.fixture
def factory(tmp_path):
    (tmp_path / "neighbour.py").write_text("WIDTH = 4")
    (tmp_path / "nets.py").write_text(FACTORY)
    return tmp_path / "nets.py"


def test_a_function_of_a_file_makes_the_model(factory):
    path = list(sys.path)
    model = load(f"{factory}:net", seed=4, input_size=(20, 24), mean=(0.5,), std=(2.0,))
    assert [one.shape for one in model.layers] == [(4, 18, 22)] * 2
    assert model.weights_hash == load(f"{factory}:net", seed=4).weights_hash
    deep = load(f"{factory}:deep", seed=4, input_size=(20, 24))  # weights of five dimensions
    assert deep.layers[-1].shape == (4, 18, 22)
    ready = load(f"{factory}:ready", input_size=(32, 32))
    assert (ready.input_size, ready.labels, ready.name) == ((32, 32), tuple("abcd"), "mine")
    assert sys.path == path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (":broken", "failed: ValueError: no data"),
        (":number", "returned a int; it must return a torch.nn.Module"),
        (":absent", "has no function 'absent'"),
    ],
)
def test_a_function_that_fails_is_named(factory, name, said):
    with pytest.raises(UserError, match=said):
        load(f"{factory}{name}")


def test_a_module_on_the_path_makes_the_model():
    assert load("nnvis.models.tiny_network:tiny").weights_hash == tiny().weights_hash
    with pytest.raises(UserError, match=r"nnvis\.nowhere cannot be imported"):
        load("nnvis.nowhere:net")


def test_labels_from_a_file(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text("".join(f"class {one}\n" for one in "abcdefghij"), "utf-8")
    assert load("tiny", labels=str(path)).labels[1] == "class b"
    path.write_text("one\ntwo\n", "utf-8")
    with pytest.raises(UserError, match="has 2 labels, but tiny puts out 10 values"):
        load("tiny", labels=str(path))
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"labels\.txt is not UTF-8 text"):
        load("tiny", labels=str(path))


def test_every_stage_is_told():
    notes = []
    drain(load_steps(ModelRequest("tiny")), lambda step: notes.append(step.note))
    assert notes == ["loading tiny", "building tiny", "moving to cpu", "listing the layers"]


def test_the_list_of_models():
    known = {one.name: one for one in models()}
    assert known["efficientnet_lite0"].parameters == 4_652_008
    assert known["torchvision/resnet18"].parameters == 11_689_512
    assert known["torchvision/fcn_resnet50"].source == "torchvision"
    assert known["timm/vit_tiny_patch16_224"].source == "timm"
    assert not any("quantized" in name or "raft" in name for name in known)
    counted = sum(one.numel() for one in tiny().parameters())
    assert known["tiny"].parameters == counted


def test_the_list_of_models_is_read_as_the_libraries_tell_it():
    assert registered_names.timm_names() == from_timm.names()
    told = {name: from_torchvision.parameters(name) for name in from_torchvision.names()}
    assert list(registered_names.torchvision_names().items()) == list(told.items())


def test_a_library_that_registers_its_networks_otherwise_is_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("NNVIS_CACHE", str(tmp_path / "first"))
    read = models()
    monkeypatch.setattr(registered_names, "_texts", lambda *_: iter(["nothing"]))
    monkeypatch.setenv("NNVIS_CACHE", str(tmp_path / "second"))
    assert models() == read


def test_the_list_of_models_is_kept_without_asking_the_libraries_again(monkeypatch, tmp_path):
    monkeypatch.setenv("NNVIS_CACHE", str(tmp_path / "new"))
    found = models()
    told = (
        "import sys; from nnvis.models.offers import models; models();"
        "print(sorted({'torch', 'timm', 'torchvision'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    kept = tmp_path / "new" / "models.json"
    for damaged in ('{"of": []}', kept.read_text().replace('"bundled"', "7"), "[", ""):
        kept.write_text(damaged)
        assert models() == found
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("NNVIS_CACHE", str(blocked))
    assert models() == found
