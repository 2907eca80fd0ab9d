"""The operations of the API that the addon uses, one file per section of Amazon's API."""
