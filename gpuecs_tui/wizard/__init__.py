"""What the wizard knows: typed answers, their drafts, the account read behind the screens."""
