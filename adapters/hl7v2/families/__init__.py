"""One file per message family: which codes belong to it, and what differs from the general walk."""
