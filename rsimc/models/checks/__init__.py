"""What the conformance suite looks at, in the order in which it does: statements, traced shapes, numbers."""
