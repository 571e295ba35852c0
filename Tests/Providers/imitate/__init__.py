"""The embedding APIs of several providers, imitated by what they document and what their users report."""
