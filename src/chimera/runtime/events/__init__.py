"""What has changed in the studio, told by topic."""
