"""`make demo`: Fusebox at work on a local account. Drives the product from outside, as its user would."""
