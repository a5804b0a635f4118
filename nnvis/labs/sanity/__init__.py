"""Do views show what a network has learned? Adebayo et al. 2018."""
