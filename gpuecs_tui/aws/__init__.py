"""What the account has: typed, frozen readings. boto3 lives in this package and nowhere else."""
