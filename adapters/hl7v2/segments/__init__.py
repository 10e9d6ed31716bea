"""What each segment adds to the record: one file per topic, `HANDLERS` maps segment names to functions."""
