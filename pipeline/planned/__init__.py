"""Plans of a study: ground, search, measurement and rules joined into what the report holds of them."""
