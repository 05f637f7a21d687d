"""PostgreSQL, Redis, blobs and the embedded servers; all SQL of the project stands here; imports contracts and core."""
