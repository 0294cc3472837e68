"""What a run is handed out as, one file a format."""

from rsimc.publish.formats.options import TABLES, Options
from rsimc.publish.formats.writing import FORMATS, export

__all__ = ["FORMATS", "TABLES", "Options", "export"]
