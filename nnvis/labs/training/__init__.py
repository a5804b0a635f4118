"""Many networks of one shape trained at once: what makes an experiment over seeds quick."""
