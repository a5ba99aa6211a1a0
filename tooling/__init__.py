"""What dev.py does: set the project up, run it, test it. Standard library only.

Nothing of the product imports this package; it works before anything is installed.
"""
