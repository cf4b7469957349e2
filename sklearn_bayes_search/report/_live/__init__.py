"""A page that follows searches while they run, on this machine only."""
