"""Networks in files of other formats: ONNX, Hugging Face folders, and those that are refused."""

from __future__ import annotations

import importlib.util
import json

import onnx
import onnxruntime
import pytest
import timm
import torch
import transformers
from onnx import TensorProto, helper
from PIL import Image
from safetensors.torch import save_file
from skimage import data
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

from nnvis.errors import UserError
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Scale
from nnvis.models.registry import load_steps
from nnvis.models.trusted_code import read_code, trust
from nnvis.progress import drain
from nnvis.views import LOGITS, VIEWS
from nnvis.views.pass_through import backward, forward

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "exporter"), [("resnet", "new"), ("resnet", "old"), ("test_vit", "new")]
)
def test_an_onnx_export_is_opened_and_equal_to_onnxruntime(tmp_path, name, exporter):
    torch.manual_seed(0)
    if name == "resnet":
        module, side = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=7).eval(), 64
    else:
        module = timm.create_model(name, num_classes=7, depth=2).eval()
        side = module.patch_embed.img_size[0]
        nn.init.normal_(module.head.weight)
    path = tmp_path / "net.onnx"
    new = exporter == "new" and torch.__version__ >= (2, 7)  # before, it fails on batch norms
    torch.onnx.export(module, (torch.rand(1, 3, side, side),), path, dynamo=new, verbose=False)
    model = load(str(path))
    assert model.input_size == (side, side)
    assert model.random == ""
    x = model.prepare(data.chelsea())[1]
    session = onnxruntime.InferenceSession(path)
    fed = ((x - model.mean) / model.std).numpy()
    (theirs,) = session.run(None, {session.get_inputs()[0].name: fed})
    with torch.no_grad():
        torch.testing.assert_close(model(x), torch.from_numpy(theirs), atol=1e-4, rtol=0)
    layer = next(one for one in reversed(model.layers) if max(one.map_shape) > 1)
    assert bool(backward(forward(model, x, [layer.name]), layer.name, 1).pixels.any())
    assert VIEWS["gradient"](model, x, layer=LOGITS, unit=2, cells="sum").any()


class ChannelsLast(nn.Module):
    """As a network of TensorFlow; `reads` looks at the input as it comes, too."""

    def __init__(self, reads):
        super().__init__()
        self.reads, self.body = reads, nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten())

    def forward(self, x):
        maps = self.body(x.permute(0, 3, 1, 2))
        return maps + x.mean((1, 2)).sum(1, keepdim=True) if self.reads else maps


@pytest.mark.parametrize("reads", [False, True])
def test_an_onnx_file_with_the_channels_last_is_given_the_picture_so(tmp_path, reads):
    path, x = tmp_path / "net.onnx", torch.rand(1, 3, 12, 16)
    rows = x.permute(0, 2, 3, 1).contiguous()
    net = ChannelsLast(reads).eval()
    torch.onnx.export(net, (rows,), path, dynamo=False, verbose=False)
    model = load(str(path), mean=(0, 0, 0), std=(1, 1, 1))
    assert (model.channels, model.input_size) == (3, (12, 16))
    given = {onnxruntime.InferenceSession(path).get_inputs()[0].name: rows.numpy()}
    (expected,) = onnxruntime.InferenceSession(path).run(None, given)
    with torch.no_grad():
        torch.testing.assert_close(model(x), torch.from_numpy(expected), rtol=1e-4, atol=1e-5)


def onnx_of(path, op, **attributes):
    value = helper.make_tensor_value_info
    node = helper.make_node(op, ["x"], ["y"], **attributes)
    graph = helper.make_graph(
        [node], "g", [value("x", TensorProto.FLOAT, [1, 3, 8, 8])],
        [value("y", TensorProto.FLOAT, None)],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return str(path)


def test_what_cannot_be_turned_into_a_layer_is_named(tmp_path):
    with pytest.raises(UserError, match=r"operator Hardmax \(version 13\)"):
        load(onnx_of(tmp_path / "net.onnx", "Hardmax"))
    (tmp_path / "bad.onnx").write_bytes(b"\x08\xff\xff")
    with pytest.raises(UserError, match=r"bad\.onnx is no whole ONNX file"):
        load(str(tmp_path / "bad.onnx"))


def test_an_onnx_file_opens_no_file_elsewhere(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(16))
    path = tmp_path / "inner" / "net.onnx"
    path.parent.mkdir()
    onnx_of(path, "Relu")
    model = onnx.load(path)
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4])
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="../secret")
    model.graph.initializer.append(weight)
    path.write_bytes(model.SerializeToString())
    with pytest.raises(UserError, match=r"refused: it names the file '\.\./secret'"):
        load(str(path))


def folder_of(tmp_path, **more):
    config = transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        image_size=64, patch_size=16, num_labels=3, id2label={0: "cat", 1: "dog", 2: "owl"},
    )  # fmt: skip
    torch.manual_seed(0)
    module = transformers.ViTForImageClassification(config).eval()
    folder = tmp_path / "vit"
    module.save_pretrained(folder)
    how = {
        "image_processor_type": "ViTImageProcessor", "do_resize": True, "do_rescale": True,
        "do_normalize": True, "rescale_factor": 1 / 255, "size": {"height": 64, "width": 64},
        "resample": 2, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4],
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(how))
    if more:
        stored = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(stored | more))
    return folder, module


def test_a_folder_of_transformers_is_opened_with_its_labels_and_preprocessing(tmp_path):
    folder, module = folder_of(tmp_path)
    model = load(str(folder))
    assert model.labels == ("cat", "dog", "owl")
    assert (model.input_size, model.random) == ((64, 64), "")
    torch.testing.assert_close(model.mean.flatten(), torch.tensor([0.5, 0.4, 0.3]))
    fed, x = model.prepare(data.chelsea())
    assert fed.shape == (64, 64, 3)
    with torch.no_grad():
        expected = module((x - model.mean) / model.std).logits
        torch.testing.assert_close(model(x), expected, atol=1e-5, rtol=1e-5)
        taken = model.reference()(Image.fromarray(data.chelsea()))[None]
    assert float(((x - model.mean) / model.std - taken).abs().max()) < 0.05


def test_code_in_a_folder_is_not_run(tmp_path):
    trap = tmp_path / "trap"
    folder, _ = folder_of(
        tmp_path,
        architectures=["Mine"],
        auto_map={"AutoModel": "mine.Mine"},
    )
    (folder / "mine.py").write_text(f"open({str(trap)!r}, 'w')")
    with pytest.raises(UserError, match="code of the folder's own is not run"):
        load(str(folder))
    assert not trap.exists()


def test_a_folder_of_timm_is_opened(tmp_path):
    module = timm.create_model("test_resnet", num_classes=2).eval()
    save_file(module.state_dict(), tmp_path / "model.safetensors")
    told = {
        "mean": [0.1, 0.2, 0.3], "std": [0.5, 0.5, 0.5], "input_size": [3, 96, 80],
        "crop_pct": 1.0, "crop_mode": "squash", "interpolation": "nearest",
    }  # fmt: skip
    config = {"architecture": "test_resnet", "label_names": ["a", "b"], "pretrained_cfg": told}
    (tmp_path / "config.json").write_text(json.dumps(config))
    model = load(str(tmp_path))
    assert (model.labels, model.classes, model.random) == (("a", "b"), 2, "")
    torch.testing.assert_close(model.mean.flatten(), torch.tensor([0.1, 0.2, 0.3]))
    how = model.preprocess
    assert (how.size, how.scale, how.interpolation) == ((96, 80), Scale.SQUASH, "nearest")
    assert load(str(tmp_path), input_size=(64, 64)).input_size == (64, 64)
    told |= {"input_size": [3, -1, "x"], "crop_pct": [], "crop_mode": 7, "interpolation": {}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert load(str(tmp_path)).classes == 2  # what is no such value is left out


def test_programs_are_told_apart_and_refused_with_the_cure(tmp_path):
    torch.jit.trace(nn.Linear(2, 2), torch.rand(1, 2)).save(tmp_path / "scripted.pt")
    exported = torch.export.export(nn.Linear(2, 2), (torch.rand(1, 2),), strict=False)
    torch.export.save(exported, tmp_path / "exported.pt2")
    for name, kind in (("scripted.pt", "TorchScript"), ("exported.pt2", "an exported program")):
        file = str(tmp_path / name)
        for options in ({"spec": file}, {"spec": "tiny", "weights": file}):
            with pytest.raises(UserError, match=rf"{kind}.*torch\.onnx\.export"):
                load(**options)


def test_a_whole_network_as_a_pickle_is_told_so_wherever_it_is_named(tmp_path):
    file = str(tmp_path / "whole.pt")
    torch.save(nn.Sequential(nn.Linear(2, 2)), file)
    for options in ({"spec": file}, {"spec": "tiny", "weights": file}):
        with pytest.raises(UserError, match=r"a pickle that asks for .*safetensors"):
            load(**options)
    torch.save(nn.Linear(2, 2).state_dict(), file)
    with pytest.raises(UserError, match="holds weights, but not which network"):
        load(file)


def test_a_network_of_ultralytics_is_refused_with_what_to_write(tmp_path):
    code = b"cultralytics.nn.tasks\nDetectionModel\n)\x81."
    (tmp_path / "yolo.pt").write_bytes(b"\x80\x02" + code)
    with pytest.raises(UserError, match=r"network of ultralytics .*give it as the model: --model"):
        load("tiny", weights=str(tmp_path / "yolo.pt"))
    if importlib.util.find_spec("ultralytics") is None:
        with pytest.raises(UserError, match=r"AGPL: pip install ultralytics; or export it there"):
            load(str(tmp_path / "yolo.pt"))


@pytest.mark.parametrize("kind", ["yolo11n-cls", "yolo11n"])
def test_a_network_of_ultralytics_is_opened_where_that_is_installed(tmp_path, kind, monkeypatch):
    yolo = pytest.importorskip("ultralytics").YOLO(f"{kind}.yaml")
    path = tmp_path / "own.pt"
    yolo.save(path)
    with pytest.raises(UserError, match="code that runs"):
        drain(load_steps(ModelRequest(str(path), "cpu"), guarded=True))
    trust(read_code(str(path)).mark)
    asked = ModelRequest(str(path), "cpu", input_size=(64, 64))
    model = drain(load_steps(asked, guarded=True))
    x = model.prepare(data.chelsea())[1]
    module = yolo.model.float().eval()
    with torch.no_grad():
        theirs = module(x)
        theirs = theirs[0] if isinstance(theirs, (tuple, list)) else theirs
        ours = model.run(x)
        ours = ours[0] if isinstance(ours, (tuple, list)) else ours
    torch.testing.assert_close(ours, theirs, atol=2e-3, rtol=2e-2)  # it is saved in half precision
    assert len(model.layers) > 50
    path.write_bytes(path.read_bytes() + b"x")
    assert not read_code(str(path)).trusted
