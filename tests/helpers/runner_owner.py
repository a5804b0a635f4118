"""A session of one runner: keeps what it tells, and feeds it."""


class Owner:
    """Keeps what a runner tells, and stops it after `most` pictures."""

    def __init__(self, most):
        self.most, self.seen, self.warnings, self.runner = most, [], [], None

    def runner_loading(self, runner, progress): ...
    def runner_failed(self, runner, error):
        raise error

    def runner_ready(self, runner, frame_loop):
        self.runner, self.info = runner, frame_loop.info

    def snapshot_ready(self):
        self.seen.append(self.runner.frame_loop.snapshots.take())
        if len(self.seen) >= self.most(self.seen):
            self.runner.ask_to_stop()

    def runner_warned(self, runner, message):
        self.warnings.append(message)

    def job_changed(self, job): ...


def feed_frame(frame_loop, frame):
    frame_loop.frames.put(frame_loop.info.preprocess.prepare(frame, frame_loop.request.fit))
