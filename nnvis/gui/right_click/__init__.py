"""What can be done with that which is under the mouse."""
