"""Where sealed media lie as bytes by key: a folder, or a bucket; imports core."""
