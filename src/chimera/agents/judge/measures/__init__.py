"""One property a file: pure functions from decoded features to a `QualityMeasure`."""
