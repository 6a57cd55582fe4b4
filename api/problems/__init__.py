"""Errors as RFC 9457 problem documents: one form for every refusal, whoever made it."""
