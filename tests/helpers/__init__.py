"""What several test files share: networks, servers, sessions without an engine."""
