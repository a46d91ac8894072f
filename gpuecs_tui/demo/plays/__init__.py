"""Where a fault of a running service stops an instance, a task or a target, in AWS's own words.

``active`` has the faults that are on now; the other modules are tables from the name of a fault to
what AWS answers, each with its public source. Imports neither moto nor boto3.
"""
