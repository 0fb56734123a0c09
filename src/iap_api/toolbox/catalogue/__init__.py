"""The catalogue that comes with the software: strategies, resources and allergens, as data and over HTTP."""
