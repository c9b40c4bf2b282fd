"""How the numbers of a network are found."""
