"""Whether a Region exists, according to the SDK's own data."""

from __future__ import annotations


def is_region(name: str) -> bool | None:
    """Return True for a Region in the SDK's data, False for a name that no partition can have.

    None for a Region that may be newer than the SDK: only a call to AWS can tell.
    """
    from botocore.exceptions import UnknownRegionError
    from botocore.session import Session

    session = Session()
    try:
        partition = session.get_partition_for_region(name)
    except UnknownRegionError:
        return False
    return True if name in session.get_available_regions("ec2", partition) else None
