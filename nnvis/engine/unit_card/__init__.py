"""All that is known of one unit: feature images, top pictures, range of values."""
