"""The JSON of the specification (sections 3, 4, 8, 9) and of the steps between roles, one noun a file; imports core."""
