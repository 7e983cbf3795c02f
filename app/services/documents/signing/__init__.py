"""Signing letters (PAdES): a local signer, the adapter for BSrE, one request at a time, checking what comes back."""
