"""Everything that imports SQLAlchemy: importing this package's modules costs about 250 ms, so others do it late."""
