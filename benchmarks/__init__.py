"""What the terminal costs, each figure against the bare floor measured in the same run."""
