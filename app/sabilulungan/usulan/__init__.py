"""The applicant's act: writing a proposal, filing it, following it."""
