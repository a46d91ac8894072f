"""Whether a region exists, as far as the SDK's own data tells."""

from __future__ import annotations


def is_region(name: str) -> bool | None:
    """Return True for a region in the SDK's data, False for a name that no partition can have.

    None for one that may be newer than the SDK: only the account knows it.
    """
    from botocore.exceptions import UnknownRegionError
    from botocore.session import Session

    session = Session()
    try:
        partition = session.get_partition_for_region(name)
    except UnknownRegionError:
        return False
    return True if name in session.get_available_regions("ec2", partition) else None
