"""Whether AWS has a Region: by the form of its name, and by the Regions of the account.

botocore's data has a pattern for the Regions of each partition.
"""

from __future__ import annotations

from gpuecs_tui.aws.discovery.identity import read_regions
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import GLOBAL_REGION, AccountReader


def is_region_name(name: str) -> bool:
    """Tell whether ``name`` has the form of a Region of any partition. Calls no API."""
    from botocore.exceptions import UnknownRegionError
    from botocore.session import Session

    try:
        Session().get_partition_for_region(name)
    except UnknownRegionError:
        return False
    return True


def is_missing(reader: AccountReader) -> bool:
    """Tell whether the account's list of Regions could be read and does not contain the
    ``reader``'s Region.

    Blocks for one call to the partition's first Region. False if AWS refuses the call.
    """
    asking = reader.again(GLOBAL_REGION)
    try:
        return all(it.name != reader.region for it in read_regions(asking))
    except AwsProblem:
        return False
    finally:
        asking.close()
