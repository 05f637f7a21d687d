<<<<<<< HEAD
"""One package a role; roles meet only through contracts and import no sibling."""
=======
"""The seven roles, one folder each; they meet only through contracts and import everything below."""
>>>>>>> main
