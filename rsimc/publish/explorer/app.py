# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""The explorer as a marimo app: one cell, which shows the widget of what `rsimc explore` has opened."""

import marimo

app = marimo.App(width="full", app_title="rsimc explorer", html_head_file="head.html")


@app.cell(hide_code=True)
def _():  # type: ignore[no-untyped-def] # noqa: ANN202
    import marimo as mo

    from rsimc.publish.explorer.serve import widget

    mo.ui.anywidget(widget())
    return


if __name__ == "__main__":
    app.run()
