"""Random faults against runs on the emulated account: ``make chaos``.

A trial applies or destroys a stack while the account answers slowly, and at a random moment one
fault strikes. Then everything is looked at from outside, with eyes of its own: what the account
has, what the state knows, which locks lie about, what the run said of itself; the next apply must
converge, a plan after it be empty, and a destroy leave nothing.
"""
