"""What a run is handed out as, one file a format."""

from rsimc.publish.formats.export import FORMATS, export
from rsimc.publish.formats.options import TABLES, Options

__all__ = ["FORMATS", "TABLES", "Options", "export"]
