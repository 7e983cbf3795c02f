"""Second factors: authenticator applications (TOTP), recovery codes, passkeys; proving one, setting one up."""
