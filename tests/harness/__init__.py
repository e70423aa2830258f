"""What the tests across services share: real programs on free ports, a throw-away PostgreSQL, a client that holds every
answer against the contract, and raw sockets for what no client would send."""
