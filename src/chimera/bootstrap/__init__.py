"""The composition root: settings in, an open studio and its crew out; imports everything below the faces."""
