"""The content of the account as typed, frozen records. Only this package and demo/ use boto3."""
