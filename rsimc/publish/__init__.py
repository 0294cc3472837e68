"""What is handed out: figures, the report, the summary and the export formats."""
