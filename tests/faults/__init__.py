"""What alertd does when everything around it breaks: `make faults`, one line for each kind of fault.

What had to arrive is told from the prices alone; alertd's own database is asked for nothing but whether it is done.
"""
