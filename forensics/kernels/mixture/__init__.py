"""The finite mixture of turnout and support: its model, likelihood, chains, checks and companion.

``model`` says what the parameters and counts are, ``nodes``, ``weights``, ``grid`` and ``blocks`` what
``marginal`` sums over, ``mode`` and ``sampler`` how a chain begins and moves, ``chains`` what is said of
several; ``latents``, ``votes``, ``checks`` and ``predictive`` what follows from the draws. ``binomial`` and
its moves and chain are the variant without effects of precincts.
"""
