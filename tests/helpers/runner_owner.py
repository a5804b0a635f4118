"""A session of one runner: keeps what it tells, and feeds it."""

from nnvis.engine.render.prepare import prepare


class Owner:
    """Keeps what a runner tells, and stops it after `most` pictures."""

    def __init__(self, most):
        self.most, self.seen, self.warnings, self.runner = most, [], [], None

    def runner_loading(self, runner, progress): ...
    def runner_failed(self, runner, error):
        raise error

    def runner_ready(self, runner, info):
        self.info = info

    def runner_saw(self, runner, snapshot):
        self.seen.append(snapshot)
        if len(self.seen) >= self.most(self.seen):
            runner.ask_to_stop()

    def runner_warned(self, runner, message):
        self.warnings.append(message)

    def job_changed(self, job): ...


def feed_frame(runner, frame, info):
    runner.frames.put(prepare(frame, info, runner.request))
