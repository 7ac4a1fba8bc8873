"""The filters and the search of the reading pages: the address of a page is the analysis."""
