"""What pages and exports read: aggregates made by the database, never a row a spine where a sum will do."""
