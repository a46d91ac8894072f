"""The emulated account behind --demo. No other room knows it.

``account`` starts, finds and stops it and is all that the commands use. The rest runs in the child
process that ``server`` is: ``app`` is the WSGI application before moto's, ``seed`` fills moto's
backends, ``moto_patches`` corrects what moto answers or should refuse, ``model`` answers for
services that moto lacks, ``simulator`` lets time pass at the pace of ``timings``, and ``faults``
holds the faults of ``--demo-fault``.
"""
