"""One call of nnvis, in this process."""

import json
from dataclasses import dataclass

import pytest

from nnvis.__main__ import main


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def nnvis(capfd):
    def call(*arguments):
        code = main([str(one) for one in arguments])
        said = capfd.readouterr()
        return Said(code, said.out, said.err)

    return call
