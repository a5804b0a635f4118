"""The errors of the network in use on labelled pictures, as jobs."""
