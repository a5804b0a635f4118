"""Networks that speak pixels, and what is known of them."""
