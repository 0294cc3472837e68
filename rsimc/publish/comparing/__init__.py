"""The page that shows runs beside the first of them."""
