"""Making better networks: runs, their data, sets brought in. Site admins only."""
