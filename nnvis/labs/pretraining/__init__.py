"""What a network has before it sees a label: unsupervised pre-training, and scale."""
