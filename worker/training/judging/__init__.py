"""How good a network is, asked as serving asks it. One room for both networks."""
