"""What people's own networks put out: which output is looked at, and what its values mean."""

from __future__ import annotations

import pytest
import torch
from helpers.own_nets import Then, body, opened, picture
from torch import nn
from torch.nn import functional

import nnvis
from nnvis.attacks import ATTACKS
from nnvis.errors import UserError
from nnvis.progress import drain


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


def test_per_cent_are_taken_for_probabilities():
    model = opened(Then(lambda y: 100 * y.softmax(1)))
    x = picture()
    with torch.no_grad():
        expected = model.network.body((x - model.mean) / model.std).softmax(1)
        torch.testing.assert_close(model.scores(model(x)), expected)
    assert "sum to 100" in model.meaning.describe()


def test_a_binary_classifier_is_attacked_over_its_threshold():
    model = opened(Then(lambda y: 20 * y + 3, classes=1), labels=["cat"])
    x = picture()
    outcome = drain(ATTACKS["pgd"](model, x, eps=102 / 255))
    with torch.no_grad():
        before, after = (float(model.scores(model(one))) for one in (x, outcome.adversarial))
    assert before > 0.5 > after
    assert model.label(int(outcome.logits.argmax())) == "not cat"


def test_two_names_of_one_output_are_no_and_yes():
    net, x = Then(lambda y: y - 5, classes=1).eval(), picture()
    model = nnvis.open(net, labels=["cat", "dog"], input_size=32)
    with torch.no_grad():
        yes = float(net((x - model.model.mean) / model.model.std).sigmoid())
    pixels = (255 * x[0].movedim(0, -1)).round().to(torch.uint8).numpy()
    scores = model.predict(pixels, fit="stretch")
    assert [(one.label, one.index) for one in scores] == [("cat", 1), ("dog", 0)]
    assert [one.probability for one in scores] == pytest.approx([1 - yes, yes], abs=1e-6)
    assert "'dog', the second name" in model.notes[-1]
    assert not any("guess" in note for note in model.notes)
    assert model.info.answers == ("dog", "cat")
    with pytest.raises(UserError, match="2 names, but the network puts out 1"):
        nnvis.open(net, labels=["cat", "dog"], input_size=32, scores="raw")


def test_one_output_answers_otherwise_where_it_falls_below_one_half():
    model = opened(Then(lambda y: y, classes=1))
    assert model.judged(torch.tensor([[1.0], [-1.0]])).argmax(1).tolist() == [0, 1]


@pytest.mark.parametrize("radius", [1, 30])
def test_what_has_one_length_for_all_pictures_is_taken_for_an_embedding(radius):
    def embeds(y):
        return radius * functional.normalize(y - y.mean(1, keepdim=True), dim=1)

    model = opened(Then(embeds, 8))
    assert not model.meaning.lists_classes
    assert any("guess" in note and "embedding" in note for note in model.notes)
    with torch.no_grad():
        torch.testing.assert_close(
            model.scores(model(picture())).norm(), torch.tensor(1.0 * radius)
        )
    for other in (opened(Then(embeds, 8), scores="softmax"), opened(Then(lambda y: y, 8))):
        assert other.meaning.scores == "softmax"
    still = opened(Then(lambda y: 0 * y + torch.arange(8.0), 8))  # says the same of everything
    assert still.meaning.scores == "softmax"


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


def test_a_list_of_values_goes_before_maps_that_come_from_elsewhere():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = body()

        def forward(self, x):
            return self.body[:3](x), self.body(x)

    model = opened(Both())
    assert (model.detects, model.classes) == ("", 10)
    assert any("1 is looked at: it lists values" in note for note in model.notes)


def test_maps_of_one_place_list_the_classes_of_the_picture():
    net = Then(lambda y: y[..., None, None])
    model, x = opened(net), picture()
    assert (model.detects, model.classes) == ("", 10)
    with torch.no_grad():
        torch.testing.assert_close(model(x), net((x - model.mean) / model.std)[..., 0, 0])
