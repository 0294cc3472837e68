"""The flagship model, a room a mechanism; `model.py` puts them together."""
