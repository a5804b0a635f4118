"""Networks of people's own, whose forward has a habit that a library's does not have."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from helpers.own_nets import Then, body, opened, picture
from torch import nn

from nnvis.errors import UserError


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


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (lambda x: x.permute(0, 3, 1, 2), r"with its channels last.*permute\(0, 2, 3, 1\)"),
        (lambda x: x[:, :, 0], r"as a clip of one frame.*x\[:, :, None\]"),
    ],
)
def test_a_picture_that_is_wanted_in_another_form_is_told_with_the_cure(before, said):
    class Other(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = body()

        def forward(self, x):
            return self.body(before(x))

    with pytest.raises(UserError, match=said):
        _ = opened(Other()).layers


def test_a_program_of_four_pictures_is_not_blamed_on_the_size_of_the_input():
    four = (torch.zeros(4, 3, 32, 32),)
    exported = torch.export.export(body().eval(), four, strict=False).module()
    with pytest.raises(UserError, match=r"takes 4 pictures at a time, not one; .* a batch of 1"):
        _ = opened(exported).layers


@pytest.mark.skipif(torch.cuda.is_available(), reason="its tensors may go there")
def test_a_network_that_goes_to_a_graphics_card_by_itself_is_told_so():
    with pytest.raises(UserError, match=r"goes to CUDA by itself; take \.cuda\(\)"):
        _ = opened(Then(lambda y: y.cuda())).layers


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


@pytest.mark.parametrize(
    "wrap", [nn.DataParallel, torch.compile, torch.optim.swa_utils.AveragedModel]
)
def test_wrappers_are_taken_off(wrap):
    model = opened(wrap(body()))
    assert model.layers[0].name == "0"
    inner = opened(nn.Sequential(torch.compile(body())))
    assert inner.layers[0].name == "0.0"
