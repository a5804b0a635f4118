"""The workspace "Errors": from a folder that is dropped to what its errors hang on."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import platformdirs
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from nnvis.engine.errors import jobs as error_jobs
from nnvis.engine.errors.answers import (
    FoundCauses,
    FoundEffect,
    Guessed,
    RankedUnits,
    Survey,
    SurveyRequest,
    Unmatched,
    ViewsOfPicture,
)
from nnvis.engine.unit_card.jobs import PATTERN, feature_job
from nnvis.featurevis.target import Target
from nnvis.gui.errors.causes_panel import CausesPanel
from nnvis.gui.errors.label_form import ClassesQuestion, LabelForm
from nnvis.gui.errors.layout import ErrorsLayout
from nnvis.gui.errors.picked import Picked
from nnvis.gui.errors.survey_rows import SurveyRows
from nnvis.gui.errors.units_panel import UnitsPanel
from nnvis.gui.errors.views_panel import MOST
from nnvis.gui.state.context import Context
from nnvis.gui.state.job_slot import JobSlot
from nnvis.gui.state.unit_text import model_title
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.widgets.controls import offer
from nnvis.gui.widgets.given_files import accept_copy, ask_file, ask_folder, file_kind, local_files
from nnvis.language import together, tr, verbatim
from nnvis.progress import Progress

TABLES = (".csv", ".tsv", ".txt")
SHOWN = 240  # pictures of a selection


def errors_folder() -> Path:
    """Return where passes are kept; NNVIS_CONFIG names another folder than the usual one."""
    given = os.environ.get("NNVIS_CONFIG")
    return (Path(given) if given else Path(platformdirs.user_data_dir("nnvis"))) / "errors"


class ErrorsWorkspace(ErrorsLayout):
    """Every job has a place of its own; what belongs to another selection is not shown."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context, self.controller = context, context.controller
        self.setAcceptDrops(True)
        self.setAccessibleName(tr("Errors"))
        context.wait_for(self.reader.task)
        self.picked: Picked | None = None
        self._whole: Picked | None = None  # with the pictures that the network gets right
        self.tried: list[Picked] = []  # selections that were looked into
        self.survey: Survey | None = None
        self._rows: SurveyRows
        self._near = ""  # layer in whose space the nearest pictures are
        self._asked = self._request = SurveyRequest("")  # what runs, what is shown
        slot = partial(JobSlot, self.controller)
        self.survey_job = slot(done=self._surveyed, progressed=self._show_pass)
        context.at_work["errors"] = lambda: "a survey of errors" if self.survey_job.busy else ""
        self.units_job = slot(
            done=self._ranked, progressed=self.show_progress,
            cancelled=lambda: self.units.show_stopped("Ranking units was cancelled."),
            failed=lambda line: self._failed(line, self.units),
        )  # fmt: skip
        self.causes_job = slot(
            done=self._covered, progressed=self.show_progress,
            cancelled=lambda: self.causes.show_stopped("Covering regions was cancelled."),
            failed=lambda line: self._failed(line, self.causes),
        )  # fmt: skip
        self.change_job = slot(done=self._changed, progressed=self.show_progress)
        self.views_job = slot(done=self._viewed, progressed=self.show_progress)
        self.map_job = slot(done=self._mapped, progressed=self._show_map_progress)
        self.report_job = slot(done=self._reported, progressed=self.show_progress, keeps_late=True)
        self.feature_job = slot(done=self._preferred, failed=lambda _line: None)
        self._connect()

    def open_folder(self, folder: str, table: str | None = None) -> None:
        """Pass the pictures of `folder`; with `table`, a CSV file of their labels."""
        info = self.controller.view_state.info
        if info is None:
            self.context.notify("no network is loaded yet; open one, then drop the folder again")
            return
        fit = self.controller.view_state.request.fit
        self._start(SurveyRequest(folder, table, {}, fit, info.model_request))

    def set_view_state(self, view_state: ViewState) -> None:
        """Say where the network is another one than the one whose errors are shown."""
        if view_state.info is None:
            return
        info = view_state.info
        self.network.say(f"Network: {model_title(info)}")
        survey = self.survey
        other = survey is not None and survey.run.spec.weights_hash != info.weights_hash
        self.other.setVisible(other)
        for panel in (self.causes, self.views, self.units):
            panel.setEnabled(not other)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_files(event.mimeData()):
            accept_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        names = local_files(event.mimeData())
        if names:
            accept_copy(event)
            self.take_paths(names)

    def take_paths(self, names: list[str]) -> None:
        """Take folders and tables that were dropped together."""
        paths = [Path(one) for one in names]
        tables = [one for one in paths if one.suffix.lower() in TABLES]
        folders = [one for one in paths if one.is_dir()]
        if folders or tables:
            folder = folders[0] if folders else tables[0].parent
            self.open_folder(str(folder), str(tables[0]) if tables else None)
        else:
            self.context.notify(
                f"{paths[0].name} is no folder; drop a folder with a folder of pictures for each "
                "class, or pictures with a CSV table"
            )

    def pick(self, picked: Picked) -> None:
        """Show these pictures, and rank the units that tell them from others."""
        if self.survey is None:
            return
        self._whole = picked
        self.picked = picked = self._known(self._narrowed(picked))
        for slot in (self.causes_job, self.change_job, self.views_job, self.feature_job):
            slot.forget()
        count, whole = len(picked.rows), len(self._whole.rows)
        if whole and not count:
            title = together(": ", picked.title, f"none of these {whole:,} is one")
        else:
            title = together(": ", picked.title, f"{count:,} pictures")
        if count > SHOWN:
            title = together(", ", title, f"the first {SHOWN} shown")
        self.title.say(title)
        self._show_tried()
        self._show_pictures(picked.changed)
        self.causes.show_causes(picked.causes)
        self.units.show_effects(picked.effects)
        self._rank(str(self.units.layer.currentData() or ""))
        if count:
            self.views.layer.setCurrentIndex(0)  # the one that costs no pass of its own
            self._ask_views(self.views.view.currentText(), "")
        else:
            self._viewed(())

    def _known(self, picked: Picked) -> Picked:
        """Return the selection of the same pictures that was looked into, with what was found."""
        for one in self.tried:
            if np.array_equal(one.rows, picked.rows):
                one.changed = picked.changed
                return one
        return picked

    def _show_tried(self) -> None:
        """Offer to go back to what was found of other selections."""
        self.back.setVisible(bool(self.tried))
        offer(self.back, "Looked into", [
            (verbatim(f"{tr(one.title)} ({len(one.rows):,})"), one is self.picked,
             partial(self._back_to, one))
            for one in self.tried
        ])  # fmt: skip

    def _back_to(self, picked: Picked) -> None:
        self.overview.forget_place()
        self.only_errors.setChecked(False)  # it may have been on, or off, then
        self.pick(picked)

    def _narrowed(self, picked: Picked) -> Picked:
        """Leave out, where that is asked, what the network gets right."""
        assert self.survey is not None
        only = self.only_errors.isChecked()
        return picked.only_errors(self.survey.run.analysis) if only else picked

    def _show_pictures(self, found: FoundEffect | None) -> None:
        """Show the answers with units changed, in the table and below the pictures."""
        self.overview.show_effect(found)
        if self.picked is not None:
            self.pictures.show_rows(
                self.picked.rows[:SHOWN].tolist(),
                self._rows.reference,
                partial(self._rows.caption, found=found),
            )

    def _pick_again(self) -> None:
        """Let "only errors" act on the pictures that were picked last."""
        if self._whole is None or self.picked is None:
            return
        self._whole.changed = self.overview.effect
        if not np.array_equal(self._narrowed(self._whole).rows, self.picked.rows):
            self.pick(self._whole)

    def _undo(self) -> None:
        """Show the network as it is, below the same pictures."""
        if self.picked is not None and self.picked.changed is not None:
            self.overview.cell = None  # the pictures are those of no cell of this table
            self.picked.changed = None
        self._show_pictures(None)
        if self.only_errors.isChecked():
            self._pick_again()

    def _start(self, request: SurveyRequest) -> None:
        self._asked = request
        self.waiting.begin(Path(request.folder).name or request.folder)
        self.survey_job.submit(error_jobs.survey(request, errors_folder()))

    def _show_pass(self, step: Progress | None) -> None:
        """Show how far the pass is; before the first came to its end there is nothing else."""
        self.show_progress(step)
        if self.survey is not None:
            return
        if step is not None:
            self.waiting.show_progress(step)
            self.bar.hide()  # there is a larger one, which says the same
            self.note.say("")
        self.stack.setCurrentWidget(self.welcome if step is None else self.waiting)

    def _surveyed(self, found: Survey | Unmatched | Guessed) -> None:
        if isinstance(found, Guessed):
            question = ClassesQuestion(self, found)
            question.agreed.connect(lambda: self._start(replace(found.request, classes=True)))
            question.finished.connect(question.deleteLater)
            question.open()
            return
        if isinstance(found, Unmatched):
            form = LabelForm(self, found)
            form.chosen.connect(
                lambda meant: self._start(
                    replace(found.request, renamed={**found.request.renamed, **meant})
                )
            )
            form.finished.connect(form.deleteLater)
            form.open()
            return
        self.survey, self.picked, self._whole, self.tried = found, None, None, []
        self._show_tried()
        self._rows, self._request = SurveyRows(found), self._asked
        self.source.say(verbatim(self._request.table or self._request.folder))
        for slot in (self.units_job, self.causes_job, self.change_job, self.views_job,
                     self.map_job, self.feature_job):  # fmt: skip
            slot.forget()  # its rows are of the pictures before
        run = found.run
        line = f"{run.about['model']}: {found.headline}"
        left = f"{found.left_out:,} were left out." if found.left_out else ""
        self.headline.say(together(" ", line, left) if left else line)
        info = self.controller.view_state.info
        names = [one.name for one in info.layers] if info is not None else []
        self.units.set_layers(names)
        self.views.set_layers(names)
        self.overview.show_survey(found)
        self.stack.setCurrentWidget(self.body)
        self.save.setEnabled(True)
        self.set_view_state(self.controller.view_state)
        self.overview.pick_worst_cell()
        if self.picked is None:
            self.pick(Picked("No errors", np.zeros(0, np.int64)))

    def _rank(self, layer: str) -> None:
        if self.survey is None or self.picked is None:
            return
        self.units.show_units(None, self._rows.reference, self._rows.caption)
        mask = self.picked.mask(len(self.survey.run.analysis.truths))
        self.units_job.submit(error_jobs.rank(self.survey.run, mask, layer))

    def _ranked(self, found: RankedUnits) -> None:
        if self.survey is not None and self.picked is not None:
            self.picked.units = found
            self.units.show_units(found, self._rows.reference, self._rows.caption)
            weights = self.survey.run.spec.weights_hash
            self.context.units_ranked.emit(found, self.picked.title, weights)

    def _failed(self, line: str, panel: UnitsPanel | CausesPanel) -> None:
        panel.show_stopped(line)
        self.controller.failed.emit(line, "")

    def _ask_causes(self, view: str, how: str) -> None:
        if self.survey is not None and self.picked is not None:
            mask = self.picked.mask(len(self.survey.run.analysis.truths))
            self.causes_job.submit(error_jobs.cover(self.survey.run, mask, view, how))

    def _covered(self, found: FoundCauses) -> None:
        if self.picked is not None:
            self.picked.causes = found
            self._remember()
            self.causes.show_causes(found)

    def _ask_change(self, changes: object) -> None:
        if self.survey is not None and self.picked is not None and isinstance(changes, tuple):
            mask = self.picked.mask(len(self.survey.run.analysis.truths))
            self.change_job.submit(error_jobs.change(self.survey.run, mask, changes))

    def _changed(self, found: FoundEffect) -> None:
        if self.picked is None:
            return
        self.picked.effects.append(found)
        self._remember()
        self.units.show_effects(self.picked.effects)
        self._show_pictures(found)

    def _ask_views(self, view: str, layer: str) -> None:
        if self.survey is not None and self.picked is not None:
            rows = (self.pictures.marked() or self.picked.rows.tolist())[:MOST]
            self._near = layer
            self.views_job.submit(error_jobs.views(self.survey.run, rows, view, layer))

    def _viewed(self, found: tuple[ViewsOfPicture, ...]) -> None:
        rows = self._rows
        self.views.show_views(found, rows.reference, rows.caption, rows.classes, self._near)

    def _ask_map(self, how: str) -> None:
        if self.survey is not None:
            self.map_job.submit(error_jobs.lay_out(self.survey.run, how))

    def _mapped(self, found: object) -> None:
        self.overview.map.show_map(found)  # type: ignore[arg-type]

    def _ask_preferred(self, layer: str, unit: int) -> None:
        info = self.controller.view_state.info
        if info is not None:
            self.feature_job.submit(feature_job(info.weights_hash, Target(layer, unit), PATTERN, 0))

    def _preferred(self, found: object) -> None:
        if getattr(found, "raised", False):
            self.units.preferred.show_picture(found.picture)  # type: ignore[attr-defined]

    def _keep_marked(self) -> None:
        rows = self.pictures.marked()
        if rows:
            self.overview.forget_place()
            title = f"{len(rows)} pictures picked by hand"
            self.pick(Picked(title, np.array(rows, np.int64), changed=self.overview.effect))

    def _remember(self) -> None:
        if self.picked is not None and self.picked not in self.tried:
            self.tried.append(self.picked)
        self._show_tried()

    def _ask_report(self) -> None:
        ask_folder(
            self, "Folder for the report", lambda name: self.save_report(Path(name)), to_save=True
        )

    def save_report(self, where: Path) -> None:
        """Write the report into a folder in `where`."""
        if self.survey is None:
            return
        folder = where / f"nnvis-errors-{Path(self._request.folder).name}"
        chosen = self.tried or ([self.picked] if self.picked is not None else [])
        tried = [one.tried for one in chosen]
        self.report_job.submit(error_jobs.report(self.survey.run, tried, folder))

    def _reported(self, page: Path) -> None:
        self.context.toast(f"Saved the report to {page}", page.parent)

    def _show_map_progress(self, step: Progress | None) -> None:
        self.overview.map.show_progress("" if step is None else step.note)

    def _cancel(self) -> None:
        for slot in self._slots():
            slot.cancel()

    def _slots(self) -> tuple[JobSlot, ...]:
        return (
            self.survey_job, self.units_job, self.causes_job, self.change_job, self.views_job,
            self.report_job,
        )  # fmt: skip

    def _ask_folder(self) -> None:
        title = "Choose a folder with a folder of pictures for each class"
        ask_folder(self, title, lambda name: self.take_paths([name]))

    def _ask_table(self) -> None:
        title, kinds = "Choose a table of pictures and labels", (file_kind("Tables", TABLES),)
        ask_file(self, title, lambda name: self.take_paths([name]), kinds)

    def _connect(self) -> None:
        self.close_button.clicked.connect(self.closed)
        for button in (self.open, self.first):
            button.clicked.connect(self._ask_folder)
        self.open_table.clicked.connect(self._ask_table)
        self.save.clicked.connect(self._ask_report)
        self.cancel.clicked.connect(self._cancel)
        self.overview.picked.connect(self.pick)
        self.overview.undone.connect(self._undo)
        self.only_errors.clicked.connect(self._pick_again)
        self.overview.map.asked.connect(self._ask_map)
        self.overview.map.cancelled.connect(self.map_job.cancel)
        self.causes.asked.connect(self._ask_causes)
        self.views.asked.connect(self._ask_views)
        self.units.layer_asked.connect(self._rank)
        self.units.unit_shown.connect(self._ask_preferred)
        self.units.change_asked.connect(self._ask_change)
        self.keep.clicked.connect(self._keep_marked)
