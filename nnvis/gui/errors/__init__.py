"""The workspace "Errors": where the network is wrong on a person's pictures, and why."""
