"""All that is known of one unit: preferred pictures, top pictures, range."""
