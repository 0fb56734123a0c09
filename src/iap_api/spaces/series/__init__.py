"""Series: the same booking every week or fortnight, on school days, each day accounted for."""
