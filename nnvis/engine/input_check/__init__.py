"""What the network was really fed, beside what its library would feed it."""
