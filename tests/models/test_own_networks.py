"""Networks of people's own, each with a habit that a library's network does not have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nnvis.attacks import ATTACKS
from nnvis.errors import UserError
from nnvis.models import VisionModel, load
from nnvis.progress import drain


def body(classes=10):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1),
        nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, classes),
    )  # fmt: skip


class Then(nn.Module):
    """`end` of what a body says."""

    def __init__(self, end, classes=10):
        super().__init__()
        self.body, self.end = body(classes), end

    def forward(self, x):
        return self.end(self.body(x))


def opened(module, **options):
    return VisionModel(module, input_size=(32, 32), takes_over=True, **options)


def picture(seed=0):
    levels = torch.randint(0, 256, (1, 3, 32, 32), generator=torch.Generator().manual_seed(seed))
    return levels / 255


def test_a_single_output_is_taken_for_a_sigmoid_and_says_that_it_is_a_guess():
    net = Then(lambda y: y - 5, classes=1)
    model = opened(net)
    x = picture()
    with torch.no_grad():
        expected = torch.sigmoid(net((x - model.mean) / model.std))
        torch.testing.assert_close(model.scores(model(x)), expected)
    assert (model.meaning.scores, model.classes) == ("sigmoid", 1)
    assert any("sigmoid" in note and "guess" in note for note in model.notes)
    raw = opened(Then(lambda y: y - 5, classes=1), scores="raw")
    with torch.no_grad():
        torch.testing.assert_close(raw.scores(raw(x)), raw(x))
    with pytest.raises(UserError, match="plain values, not for classes"):
        drain(ATTACKS["fgsm"](raw, x))


def test_a_list_of_one_number_a_picture_is_a_single_output():
    model = opened(Then(lambda y: torch.sigmoid(y[:, 0]), classes=1))
    assert model(picture()).shape == (1, 1)
    assert (model.meaning.scores, model.meaning.squash) == ("probabilities", "sigmoid")


@pytest.mark.parametrize("classes", [1, 10])
def test_a_squeeze_that_takes_the_axis_of_one_picture_away_is_no_hindrance(classes):
    model, whole = (opened(Then(end, classes)) for end in (torch.squeeze, lambda y: y))
    assert model.classes == classes
    x = picture()
    torch.testing.assert_close(model(x), whole(x))
    two = torch.cat([x, x])
    torch.testing.assert_close(model(two), whole(two))
    assert model.meaning.scores == whole.meaning.scores


@pytest.mark.parametrize("end", [lambda y: torch.softmax(50 * y, 1), nn.Softmax(1)])
def test_a_softmax_inside_is_taken_off_and_the_attack_gets_through(end):
    net = Then(end)
    model = opened(net)
    x = picture()
    with torch.no_grad():
        own = net((x - model.mean) / model.std)
        torch.testing.assert_close(model.scores(model(x)), own)
        assert not torch.allclose(model(x).sum(1), torch.ones(1))  # these are logits again
    assert (model.meaning.scores, model.meaning.inside) == ("probabilities", True)
    outcome = drain(ATTACKS["pgd"](model, x, eps=102 / 255))
    assert bool(outcome.success)
    assert not bool(outcome.no_slope)
    twice = opened(Then(end), scores="softmax")  # a person may say otherwise
    with torch.no_grad():
        torch.testing.assert_close(twice.scores(twice(x)), own.softmax(1))


def test_probabilities_that_no_softmax_made_become_logits_by_their_logarithm():
    model = opened(Then(lambda y: y.exp() / y.exp().sum(1, keepdim=True)))
    x = picture().requires_grad_()
    own = model.network((x - model.mean) / model.std)
    torch.testing.assert_close(model.scores(model(x)), own)
    (ours,) = torch.autograd.grad(model(x)[0, 3], x)
    (theirs,) = torch.autograd.grad(own[0, 3].log(), x)
    torch.testing.assert_close(ours, theirs)


def test_a_binary_classifier_is_attacked_over_its_threshold():
    model = opened(Then(lambda y: 20 * y + 3, classes=1), labels=["cat"])
    x = picture()
    outcome = drain(ATTACKS["pgd"](model, x, eps=102 / 255))
    with torch.no_grad():
        before, after = (float(model.scores(model(one))) for one in (x, outcome.adversarial))
    assert before > 0.5 > after
    assert model.label(int(outcome.logits.argmax())) == "not cat"


class EmbeddingFirst(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(*list(body())[:-1])
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        embedding = self.body(x)
        return embedding, {"scores": self.head(embedding), "length": embedding.norm(dim=1)}


def test_of_several_outputs_the_last_made_is_taken_and_any_can_be_chosen():
    model = opened(EmbeddingFirst())
    assert model(picture()).shape == (1, 10)
    assert [one.name for one in model.findings.outputs] == ["0", "1.scores", "1.length"]
    assert any("1.scores is looked at" in note for note in model.notes)
    for name in ("0", "1.length"):
        assert opened(EmbeddingFirst(), output=name)(picture()).shape == (
            1,
            16 if name == "0" else 1,
        )
    assert opened(EmbeddingFirst(), output="2").classes == 1
    sixteen = opened(EmbeddingFirst(), labels=[str(one) for one in range(16)])
    assert sixteen.classes == 16
    with pytest.raises(UserError, match=r"no output 'x'; the network has 0 0 16, 1 1.scores 10"):
        opened(EmbeddingFirst(), output="x")(picture())


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_run_as_they_are_and_their_gradients_are_right(kind):
    model, exact = opened(body().to(kind)), opened(body())
    x = picture().requires_grad_()
    (ours,) = torch.autograd.grad(model(x)[0, 2], x)
    (theirs,) = torch.autograd.grad(exact(x)[0, 2], x)
    assert ours.dtype == torch.float32
    assert float((ours - theirs).norm() / theirs.norm()) < (1e-5 if kind == torch.float64 else 0.1)
    assert model.precision in (kind, torch.float32)


def test_a_mistake_in_forward_is_not_blamed_on_the_size_of_the_input():
    class KeywordOnly(nn.Module):
        def forward(self, *, pixel_values):
            return pixel_values

    with pytest.raises(UserError, match=r"failed in its forward \(TypeError: .*mend it"):
        _ = opened(KeywordOnly()).layers


def test_what_forward_needs_beside_the_picture_is_named_with_the_cure():
    class TwoInputs(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = body()

        def forward(self, x, y):
            return self.body(x) + y

    with pytest.raises(UserError, match=r"needs a second input y; .*functools\.partial"):
        _ = opened(TwoInputs()).layers


class TrainsItself(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.drop = nn.Conv2d(3, 8, 3, 2, 1), nn.Dropout(0.5)
        self.norm, self.head = nn.BatchNorm2d(8), nn.Linear(8, 4)

    def forward(self, x):
        self.drop.train(), self.norm.train()
        return self.head(self.drop(self.norm(F.relu(self.conv(x)))).mean((2, 3)))


def test_a_network_that_trains_itself_is_kept_from_it():
    model = opened(TrainsItself())
    assert any("switches drop, norm to training: kept from it" in note for note in model.notes)
    with torch.no_grad():
        torch.testing.assert_close(model(picture()), model(picture()), rtol=0, atol=0)
    assert not model.network.norm.running_mean.any()
    assert int(model.network.norm.num_batches_tracked) == 0


def test_a_network_whose_passes_differ_is_said_to_be_random():
    model = opened(Then(lambda y: F.dropout(y, 0.5, training=True)))
    assert any("random: two passes over one picture differ" in note for note in model.notes)
    assert not any("two passes" in note for note in opened(body()).notes)


@pytest.mark.parametrize("buffer", [True, False])
def test_a_network_that_remembers_the_pictures_before_says_so(buffer):
    class Remembers(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, start = body(), torch.zeros(1, 10)
            self.register_buffer("kept", start) if buffer else setattr(self, "kept", start)

        def forward(self, x):
            self.kept = 0.5 * self.kept + self.body(x)
            return self.kept

    model = opened(Remembers())
    assert any("each pass changes kept" in note for note in model.notes)
    assert not buffer or not model.network.kept.any()  # to look at it left no trace

    class Counts(Remembers):
        def forward(self, x):
            self.kept = self.kept + 1
            return self.body(x)

    assert not any("remembers" in note for note in opened(Counts()).notes)


def test_maps_of_one_place_list_the_classes_of_the_picture():
    net = Then(lambda y: y[..., None, None])
    model, x = opened(net), picture()
    assert (model.detects, model.classes) == ("", 10)
    with torch.no_grad():
        torch.testing.assert_close(model(x), net((x - model.mean) / model.std)[..., 0, 0])


def test_train_is_never_called():
    class Trainer(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = body()

        def train(self, mode=True):
            raise SystemExit("a training run has begun")

        def forward(self, x):
            return self.model(x)

    model = opened(nn.Sequential(Trainer()))
    assert model.train()(picture()).shape == (1, 10)
    assert not any(one.training for one in model.modules())


def test_a_network_that_ends_the_program_is_told():
    def leave(_y):
        raise SystemExit(3)

    with pytest.raises(UserError, match=r"ended the program in its forward \(exit 3\)"):
        _ = opened(Then(leave)).layers


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_quantised_network_is_looked_at_and_a_scripted_one_refused():
    quantised = torch.ao.quantization.quantize_dynamic(body().eval(), {nn.Linear}, torch.qint8)
    model = opened(quantised)
    other = torch.ao.quantization.quantize_dynamic(body(9).eval(), {nn.Linear}, torch.qint8)
    assert model.weights_hash != opened(other).weights_hash
    with torch.no_grad():
        close = opened(body())(picture())
        torch.testing.assert_close(model(picture()), close, atol=0.02, rtol=0)
    with pytest.raises(UserError, match=r"TorchScript.*before torch\.jit\.script.*\.onnx"):
        opened(torch.jit.script(body().eval()))


def test_lazy_layers_find_their_sizes_and_their_weights_come_from_the_seed(tmp_path):
    (tmp_path / "nets.py").write_text(
        "from torch import nn\n"
        "def lazy():\n"
        "    return nn.Sequential(nn.LazyConv2d(8, 3, 2), nn.Flatten(), nn.LazyLinear(10))\n"
    )
    spec = f"{tmp_path}/nets.py:lazy"
    first, second = (load(spec, input_size=(16, 16), seed=seed) for seed in (1, 2))
    assert first(torch.rand(1, 3, 16, 16)).shape == (1, 10)
    assert first.weights_hash == load(spec, input_size=(16, 16), seed=1).weights_hash
    assert first.weights_hash != second.weights_hash


@pytest.mark.parametrize(
    "wrap", [nn.DataParallel, torch.compile, torch.optim.swa_utils.AveragedModel]
)
def test_wrappers_are_taken_off(wrap):
    model = opened(wrap(body()))
    assert model.layers[0].name == "0"
    inner = opened(nn.Sequential(torch.compile(body())))
    assert inner.layers[0].name == "0.0"


FILE = """
import argparse
from torch import nn
from torchvision.transforms import ToTensor

def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())

class Kind(nn.Sequential):
    def __init__(self):
        super().__init__(*net())

instance = net()

def with_transform():
    return net(), ToTensor()

def from_arguments():
    argparse.ArgumentParser().add_argument("--lr", required=True)
    raise SystemExit(2)
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "nets.py").write_text(FILE)
    return f"{tmp_path}/nets.py"


def test_a_function_a_class_an_object_and_a_pair_are_taken(file):
    for name in ("net", "Kind", "instance", "with_transform"):
        model = load(f"{file}:{name}", input_size=(16, 16))
        assert model.classes == 4, name
        assert model.random == "random weights (seed 0)", name
    assert load(f"{file}:with_transform").reference is not None
    assert load(f"{file}:net").reference is None


def test_a_script_that_reads_its_arguments_is_told_with_the_name_of_the_file(file, tmp_path):
    with pytest.raises(UserError, match=r"nets\.py:from_arguments failed: it ended the program"):
        load(f"{file}:from_arguments")
    (tmp_path / "script.py").write_text("raise SystemExit(2)")
    with pytest.raises(UserError, match=r"script\.py failed: it ended the program \(exit 2\)"):
        load(f"{tmp_path}/script.py:net")


def test_a_file_of_a_package_is_told_how_it_is_named(tmp_path):
    package = tmp_path / "nets_of_mine" / "small"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()
    (package / "net.py").write_text("from . import other")
    said = rf"start nnvis in {tmp_path}, and name nets_of_mine\.small\.net:make"
    with pytest.raises(UserError, match=said):
        load(f"{package}/net.py:make")


def test_what_was_changed_since_is_imported_anew(tmp_path, monkeypatch):
    """The module itself, a file beside it, and one of the same name in another folder."""
    monkeypatch.chdir(tmp_path)
    package, other = tmp_path / "changing", tmp_path / "elsewhere"
    for place in (package, other):
        place.mkdir()
    (package / "__init__.py").touch()
    nets = "from torch import nn\n{}def make():\n    return nn.Conv2d(3, {}, 3)\n"

    def channels(spec):
        return load(spec, input_size=(16, 16)).network.out_channels

    (package / "net.py").write_text(nets.format("", 4))
    assert channels("changing.net:make") == 4
    (package / "net.py").write_text(nets.format("", 16))
    assert channels("changing.net:make") == 16
    width = "from width_of_mine import WIDTH\n"
    for place, wide in ((package, 5), (other, 123)):
        (place / "width_of_mine.py").write_text(f"WIDTH = {wide}")
        (place / "file.py").write_text(nets.format(width, "WIDTH"))
    assert channels(f"{package}/file.py:make") == 5
    (package / "width_of_mine.py").write_text("WIDTH = 67")
    assert channels(f"{package}/file.py:make") == 67
    assert channels(f"{other}/file.py:make") == 123


def test_weights_without_values_are_told(tmp_path):
    (tmp_path / "empty.py").write_text(
        "import torch\ndef make():\n    return torch.nn.Conv2d(3, 4, 3, device='meta')\n"
    )
    with pytest.raises(UserError, match="weights without values"):
        load(f"{tmp_path}/empty.py:make", input_size=(16, 16))


def test_what_a_script_sets_for_the_whole_process_does_not_last(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "script.py").write_text(
        "import os, torch\n"
        f"os.chdir({str(tmp_path / 'elsewhere')!r})\n"
        "torch.set_default_dtype(torch.float64)\n"
        "def make():\n"
        "    torch.set_grad_enabled(False)\n"
        "    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3))\n"
    )
    before = Path.cwd()
    try:
        load(f"{tmp_path}/script.py:make", input_size=(16, 16))
        assert Path.cwd() == before
        assert torch.get_default_dtype() == torch.float32
        assert torch.is_grad_enabled()
    finally:
        os.chdir(before)
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
