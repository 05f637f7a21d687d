"""Keys and signatures; imports contracts and core."""
