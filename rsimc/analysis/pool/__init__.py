"""Opinion pools: one distribution of a milestone's date from several, runs or published ones."""
