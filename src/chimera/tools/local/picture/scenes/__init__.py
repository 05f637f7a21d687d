"""One painter a scene kind, each drawing the evidence's own numbers; imports the picture room, contracts and core."""
