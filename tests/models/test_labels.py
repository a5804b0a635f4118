"""The names of classes, in the forms in which people keep them."""

from __future__ import annotations

import pytest

from nnvis.errors import UserError
from nnvis.models.labels import read_labels

FORMS = {
    "lines.txt": "cat, tabby\ndog\n\n",
    "list.json": '["cat, tabby", "dog"]',
    "imagenet.json": '{"0": ["n02123045", "cat, tabby"], "1": ["n02084071", "dog"]}',
    "index.json": '{"1": "dog", "0": "cat, tabby"}',
    "to_index.json": '{"dog": 1, "cat, tabby": 0}',
    "config.json": '{"model_type": "vit", "id2label": {"0": "cat, tabby", "1": "dog"}}',
    "plain.csv": '0,"cat, tabby"\n1,dog\n',
    "head.csv": 'label,index\ndog,1\n"cat, tabby",0\n',
    "one.csv": '"cat, tabby"\ndog\n',
    "named.csv": 'index,class,photographs\n0,"cat, tabby",12\n1,dog,1\n',
    "tabs.tsv": "index\tname\n0\tcat, tabby\n1\tdog\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_read(tmp_path, name):
    (tmp_path / name).write_text(FORMS[name])
    assert read_labels(tmp_path / name) == ("cat, tabby", "dog")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("w.json", '{"0": "cat", "2": "dog"}', "lists no class names; .* every number from 0"),
        ("w.json", "{", "is no JSON"),
        ("w.csv", "", "is empty"),
        ("w.csv", "0,a\n1\n", "rows have different lengths"),
        ("w.txt", "\n\n", "is empty"),
    ],
)
def test_what_holds_no_names_is_refused(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=said):
        read_labels(tmp_path / name)
