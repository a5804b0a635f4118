"""Numbers to colours, on the device where the numbers are."""
