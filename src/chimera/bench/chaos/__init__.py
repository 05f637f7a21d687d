"""`chimera bench chaos`: kills and cuts a crew at chosen moments, then checks that nothing was lost or doubled."""
