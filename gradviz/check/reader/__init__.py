"""From a file to what its lines say: stretches, portions, statements, chains, and the claim of each."""
