"""The region's budget as enacted (APBD): imported with its totals beside its parts, shown to everybody."""
