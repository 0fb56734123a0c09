"""The documentation page and the contract, served from the package itself."""
