"""Floor 2: whose rows these are. Region, site, signed context, region-scoped tables, policies, catalogue check."""
