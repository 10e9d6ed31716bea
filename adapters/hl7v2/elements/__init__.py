"""Parts of resources that take more than one datatype: participants, stays, performers, sources of specimens."""
