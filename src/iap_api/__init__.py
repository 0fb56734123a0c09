"""The IAP API: the record of a school's internal alternative provision behind one REST API."""

from importlib.metadata import version

__version__ = version("iap-api")
