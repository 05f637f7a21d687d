"""Settings from the environment, validated once at start; read only by bootstrap and cli."""
