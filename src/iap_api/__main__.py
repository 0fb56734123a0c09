"""Lets `python -m iap_api` do what the command `iap-api` does."""

from iap_api.cli import main

main()
