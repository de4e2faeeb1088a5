"""Explaining: why a post was in an edition, or was not; why a person was mailed, or was not."""
