"""Where posts are read from: the recorded sample and files; imports contracts and core only."""
