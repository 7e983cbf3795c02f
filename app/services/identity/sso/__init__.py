"""Single sign-on: the region's own identity provider, by OpenID Connect."""
