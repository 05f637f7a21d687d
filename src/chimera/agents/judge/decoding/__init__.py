"""From the bytes of a video file to the numbers the measures read; the only place here that knows the decoder."""
