"""Messages to people: e-mail by the outbox; without an SMTP server into a folder and, in the demo, on a page."""
