"""Measures the exchange on a scratch database, each figure beside what this machine can do at best in the same run."""
