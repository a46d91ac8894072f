"""Whether a word is the name of an AWS region: by its form, and by what the account lists.

The form is in botocore's own data: each partition has a pattern for its regions.
"""

from __future__ import annotations

from gpuecs_tui.aws.discovery.identity import read_regions
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import GLOBAL_REGION, AccountReader


def is_region_name(name: str) -> bool:
    """Tell whether ``name`` has the form of a region of any partition. Makes no call."""
    from botocore.exceptions import UnknownRegionError
    from botocore.session import Session

    try:
        Session().get_partition_for_region(name)
    except UnknownRegionError:
        return False
    return True


def is_missing(reader: AccountReader) -> bool:
    """Tell whether AWS lists its regions to this account, and that of ``reader`` is not among them.

    Blocks for one call to the partition's first region. False where that is refused.
    """
    asking = reader.again(GLOBAL_REGION)
    try:
        return all(it.name != reader.region for it in read_regions(asking))
    except AwsProblem:
        return False
    finally:
        asking.close()
