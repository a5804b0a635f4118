"""The order in which keys are listed, in the window's help as in the guide."""

from nnvis.gui.state.commands import LENS, Command, in_order


def test_the_keys_of_pages_come_first_by_number_and_the_others_stay_as_they_are():
    declared = [
        Command("index", LENS, "Open an index", ("Ctrl+I",)),
        Command("card", LENS, "Card", ("5",)),
        Command("fit", LENS, "Crop or stretch", ("0",)),
        Command("lens", LENS, "Lens", ("2", "L")),
        Command("none", LENS, "Without a key"),
    ]
    assert [one.name for one in in_order(declared)] == ["lens", "card", "index", "fit", "none"]
