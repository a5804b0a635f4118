"""Long work within longer work."""

from nnvis.progress import Progress, drain, relayed


def test_what_is_relayed_is_told_otherwise_returns_its_result_and_ends_with_the_whole():
    ended = []

    def part():
        try:
            yield Progress(1, 2, "a")
            yield Progress(2, 2, "b")
            return 7
        finally:
            ended.append(True)

    def whole():
        return 1 + (yield from relayed(part(), lambda step: Progress(step.done, 9, step.note)))

    told = []
    assert drain(whole(), told.append) == 8
    assert told == [Progress(1, 9, "a"), Progress(2, 9, "b")]
    steps = whole()
    next(steps)
    steps.close()
    assert ended == [True, True]
