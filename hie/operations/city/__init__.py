"""A synthetic city: invented residents, five years of their care, and the feeds that tell of it.

Pure and deterministic: the same seed, number of residents and day give the same bytes.
"""
