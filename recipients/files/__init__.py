"""Files of rows: any kind in, tables out, rows into the database."""
