"""The judge: measures a video from its decoded bytes and says what follows; imports storage, contracts and core."""
