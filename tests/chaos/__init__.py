"""Random faults against runs on the demo account: ``make chaos``.

A trial applies or destroys a stack while the account responds slowly, and at a random time one
fault happens. Then the harness checks the account, the state, the locks and the reported result of
the run, without the product's code. The next apply must converge, a plan after it must be empty,
and a destroy must leave nothing.
"""
