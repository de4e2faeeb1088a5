"""The database: tables, queries, migrations. Values in, values out; the caller owns transactions.

`engine` opens it, `schema` brings it up to date, `lock` keeps two runs apart; the other modules
hold the queries of one stage each and take an open connection.
"""
