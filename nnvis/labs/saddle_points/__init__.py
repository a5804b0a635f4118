"""Where training gets stuck: saddle points, not bad minima."""
