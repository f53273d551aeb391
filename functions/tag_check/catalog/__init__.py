"""Which resources are checked: how each is named, read and listed, and which calls create it. Data, and no AWS call."""
