"""What cannot be opened is told in one line, naming it, and nothing stays open."""

import psutil
from helpers.bad_inputs import make

from nnvis.errors import UserError
from nnvis.sources import open_source


def test_every_bad_input_is_one_line_that_names_it(tmp_path):
    specs = make(tmp_path)
    assert len(specs) >= 60
    open_source("pattern:noise").close()
    wrong = []
    before = psutil.Process().num_fds()
    for name, spec in specs.items():
        try:
            open_source(spec).close()
        except UserError as error:
            text = str(error)
            spec = spec.strip()
            named = [part for part in (spec[:20], spec.rsplit("/", 1)[-1][:12]) if part]
            good = (
                text.isprintable()
                and len(text) < 400
                and any(part.replace("\0", "") in text.replace("\\x00", "") for part in named)
                if named
                else text
            )
            if not good:
                wrong.append((name, text))
        except Exception as error:  # noqa: BLE001 - any other exception is the failure
            wrong.append((name, repr(error)))
        else:
            wrong.append((name, "was opened"))
    assert not wrong
    assert psutil.Process().num_fds() <= before + 1
