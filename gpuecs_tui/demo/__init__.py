"""The demo account: an emulated AWS account, used with --demo.

``account`` starts, finds and stops it; the commands use nothing else. The other modules run in a
child process, ``server``: ``app`` is the WSGI application in front of moto's, ``seed`` fills
moto's backends, ``moto_patches`` corrects what moto returns or should refuse, ``model`` implements
services that moto lacks, ``simulator`` changes the account over time at the pace of ``timings``,
``faults`` contains the faults of ``--demo-fault`` and ``demo fault``, and ``plays`` what AWS
answers under those of a running service.
"""
