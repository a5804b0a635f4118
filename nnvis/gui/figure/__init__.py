"""What is shown as a figure for slides and papers, with all that must be known of it."""
