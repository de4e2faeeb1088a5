"""The subscribers' tables and queries; with `newsletter.store` the only users of SQLAlchemy."""
