"""Batch: the gear over the sessions of a project, through Flywheel's own job queue, and one report of it all.

``plan`` chooses the sessions, ``state`` remembers what was done, ``driver`` starts, follows and cancels the jobs,
``gather`` fetches their reports, ``command`` is what ``deid-check batch`` does with them.
"""
