"""The paper's three sets of ensembles."""

SETS = {"QSS": "q", "DSS": "ρ", "CSS": "r_c"}  # and the symbol of each one's control parameter
