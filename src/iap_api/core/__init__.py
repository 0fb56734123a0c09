"""The ground everything stands on: it knows no school words."""
