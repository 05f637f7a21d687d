"""One package a role; roles meet only through contracts and import no sibling."""
