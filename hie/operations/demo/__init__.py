"""The demonstration city at work: processes, registrations, arrival of the city through the real doors, and the tour."""
