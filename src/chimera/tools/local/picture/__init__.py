"""The picture room: motion graphics, captions and the encoded video; imports contracts and core."""
