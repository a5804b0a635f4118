"""A network that is fine-tuned on two objects, and which of its old classes it loses."""
