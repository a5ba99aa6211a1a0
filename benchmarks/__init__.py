"""How fast the product is, and how much memory it takes. README.md lists what each one measures."""
