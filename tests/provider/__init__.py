"""A real OpenID provider (Django OAuth Toolkit) for the tests, started in a process of its own."""
