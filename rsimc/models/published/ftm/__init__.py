"""The Full Takeoff Model of T. Davidson and Epoch: an economy whose tasks are automated as training runs grow."""
