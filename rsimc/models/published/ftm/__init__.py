"""The Full Takeoff Model of T. Davidson and Epoch: tasks automated one by one as training runs grow, in a whole economy."""
