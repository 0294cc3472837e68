"""What to look out for: which readings would move an answer, and how long before it indicators give warning."""
