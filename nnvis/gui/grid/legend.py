"""What the colours of the grid stand for."""

from __future__ import annotations

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.state.view_state import Freshness
from nnvis.gui.widgets.colour_bar import ColourBar
from nnvis.gui.widgets.number_text import short
from nnvis.imaging.colour_options import Range


class Legend(ColourBar):
    """The range of the sheet that is on the screen."""

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show the range of the sheet that is on the screen."""
        if snapshot is None or not match.layer:
            self.forget()
            return
        sheet, shading = snapshot.sheet, snapshot.request.shading
        own = shading.range is Range.UNIT
        known = match.unit or not own
        ends = (short(sheet.low), short(sheet.high)) if known else ("…", "…")
        whose = "the selected unit" if own else "all units"
        kind = "signed, 0 is in the middle" if sheet.signed else "unsigned"
        tip = f"{short(sheet.low)} to {short(sheet.high)} ({whose}; {kind})"
        if shading.range is Range.LAYER and shading.boost:
            tip += f"\nweak units are brightened (boost {shading.boost:g})"
        if shading.gamma != 1:
            tip += f"\nnot linear: gamma {shading.gamma:g}"
        self.show_scale(sheet.colormap, ends, signed=sheet.signed, tip=tip)
