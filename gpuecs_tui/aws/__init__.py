"""What the account has, as typed, frozen readings. Only this package and demo/ use boto3."""
