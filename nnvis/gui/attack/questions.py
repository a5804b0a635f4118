"""What can be asked about an attacked picture: kind -> what is written, what the tool tip says."""

from __future__ import annotations

SMALLEST, AROUND, SURVIVAL, PRINTING = "smallest", "around", "survival", "printing"
QUESTIONS = {
    SMALLEST: ("Smallest change", "Bisect for the smallest size that fools the network here"),
    SURVIVAL: ("Survival", "JPEG, blur, scaling, turning, and the second network if one is named"),
    PRINTING: ("Printing", "Does it hold from other angles, distances and in other light?"),
    AROUND: ("Surroundings", "The line through both pictures, and a plane around them"),
}
