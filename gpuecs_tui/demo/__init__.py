"""The emulated account behind --demo. No other room knows it.

``account`` starts, finds and stops it and is all that the commands use. The rest runs in the child
that ``server`` is: ``seed*`` furnish moto's backends, ``gaps*`` and ``refusals*`` close what moto
lacks, ``gate`` lets requests in one by one, ``own_services`` (``quotas``, ``prices``) answer for
services that moto hasn't, and ``player`` with ``fleet``, ``capacity``, ``deployments``, ``tasks``
and the pure ``placement`` plays what AWS does by itself, at the ``pace`` given there.
"""
