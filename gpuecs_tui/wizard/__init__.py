"""The data of the wizard: typed answers, their drafts, and the account, which is read in
threads."""
