"""The pages of the review, and the write with its questions."""
